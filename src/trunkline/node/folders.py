"""The folders of a home, and who may do what in them.

The engines drop root. Kamailio must read its files and the store (and write the store's shared memory, which every
reader of an SQLite WAL does), append to the journal, and make its socket; it must not reach the database, the CA's
key, or the process manager. Their configuration is root's, in a folder of root's: Kamailio starts as root and loads the
modules that its file names, so whoever could write that file would be root at the next start.
"""

import os
import re
import shutil
import stat
from pathlib import Path

from trunkline.contract import store
from trunkline.home import Home
from trunkline.node.engines import user_or_nobody

# A Unix socket's path has 107 bytes; the longest name that we make in the home has 34.
LONGEST_HOME = 70
# supervisord expands '%' (some values twice), Kamailio's file has quotes: what none of them minds.
_HOME = re.compile(r"[A-Za-z0-9._/+@:,=-]+", re.ASCII)


class FolderError(Exception):
    """The home cannot be used; the text says why and what to do."""


def make(home: Home) -> None:
    """Make the folders that are missing and set the rights of all. Raises FolderError."""
    if len(os.fsencode(home.root)) > LONGEST_HOME:
        raise FolderError(
            f"the path {home.root} is too long for the sockets in it; "
            f"choose a TRUNKLINE_HOME of at most {LONGEST_HOME} characters"
        )
    if not _HOME.fullmatch(str(home.root)):
        raise FolderError(
            f"the path {home.root} has a blank or another character that the engines' files cannot hold; "
            "choose a TRUNKLINE_HOME of letters, digits and . _ / + - only"
        )
    kamailio = user_or_nobody("kamailio")
    try:
        _folder(home.root, 0o711)
        _folder(home.log, 0o750)
        _folder(home.tls, 0o750, group=kamailio)
        _folder(home.node, 0o711)
        _folder(home.stores, 0o711, user=kamailio, group=kamailio)
        _folder(home.journal, 0o750, user=kamailio, group=kamailio)
        _folder(home.run, 0o711)
        _folder(home.kamailio_run, 0o711, user=kamailio, group=kamailio)
    except (FileExistsError, NotADirectoryError) as error:
        raise FolderError(f"{error.filename} is in the way: it should be a folder") from error
    except OSError as error:
        raise FolderError(f"{home.root} cannot be prepared: {error}") from error
    _reachable(home.root)


def close_settings(home: Home) -> str:
    """Keep `trunkline.toml`, which may have passwords, from other users of the machine; what to say of it, or ''."""
    file = home.settings
    if not file.exists() or not (mode := stat.S_IMODE(file.stat().st_mode)) & 0o007:
        return ""
    try:
        file.chmod(mode & ~0o007)
    except OSError as error:  # it may be mounted to be read only
        return f"every user of this machine can read {file}, which cannot be changed ({error.strerror})"
    return f"{file} is closed to the machine's other users now"


def _reachable(root: Path) -> None:
    """The engines' users must get to the home through the folders above it. Raises FolderError."""
    for folder in root.absolute().parents:
        if not folder.stat().st_mode & 0o001:
            raise FolderError(
                f"the engines, which do not run as root, cannot reach {root} through {folder}, which is closed to "
                f"others; choose a TRUNKLINE_HOME elsewhere, or: chmod o+x {folder}"
            )


def hand_over(home: Home) -> None:
    """Give the engines the files that they read, once these are written; makes the store if it is missing."""
    store.open_writer(home.store).close()
    home.store.chmod(0o600)  # the digests of all secrets are in it; SQLite's side files follow it
    kamailio, rtpengine = user_or_nobody("kamailio"), user_or_nobody("rtpengine")
    for name in ("kamailio.cfg", "tls.cfg", "openssl.cnf", "edge.json"):
        if (home.node / name).exists():
            _own(home.node / name, "root", kamailio)
            (home.node / name).chmod(0o640)  # what is read after the user has changed
    for folder in (home.stores, home.journal):
        for path in folder.iterdir():
            _own(path, kamailio, kamailio)
    for path in home.node.glob("rtpengine*.conf"):  # Redis's password is in it
        _own(path, "root", rtpengine)
        path.chmod(0o640)
    if (home.node / "redis.conf").exists():
        _own(home.node / "redis.conf", "root", user_or_nobody("redis"))
        (home.node / "redis.conf").chmod(0o640)
    _own(home.tls / "node.key", kamailio, kamailio)


def _folder(path: Path, mode: int, user: str = "", group: str = "") -> None:
    path.mkdir(parents=True, exist_ok=True)
    _own(path, user or "root", group or "root")
    path.chmod(mode)


def _own(path: Path, user: str, group: str) -> None:
    if os.geteuid() == 0 and user and path.exists():
        # A link in a folder of the engine's may lead to a file that is none of its business.
        shutil.chown(path, user, group or None, follow_symlinks=False)
