"""Calls that somebody wants ended at once: a file for each, which `clear` takes away when it has read it."""

from collections.abc import Iterable
from pathlib import Path


def want(folder: Path, uids: Iterable[str]) -> None:
    """Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for uid in uids:
        (folder / uid).touch()


def wanted(folder: Path) -> list[str]:
    """The uids of the calls whose files are there."""
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:  # nobody ever wanted one
        return []


def forget(folder: Path, uids: Iterable[str]) -> None:
    for uid in uids:
        (folder / uid).unlink(missing_ok=True)
