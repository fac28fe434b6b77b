"""Calls that somebody wants ended at once: a file for each, which `clear` takes away when it has read it."""

import re
from collections.abc import Iterable
from pathlib import Path

# A uid comes from the journal, by way of the database: whoever writes there, as Kamailio's user can, has root make no
# file elsewhere.
_UID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


def want(folder: Path, uids: Iterable[str]) -> None:
    """What is no uid is left out. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for uid in filter(_UID.fullmatch, uids):
        (folder / uid).touch()


def wanted(folder: Path) -> list[str]:
    """The uids of the calls whose files are there."""
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:  # nobody ever wanted one
        return []


def forget(folder: Path, uids: Iterable[str]) -> None:
    """`uids`: of those that are `wanted`."""
    for uid in uids:
        (folder / uid).unlink(missing_ok=True)
