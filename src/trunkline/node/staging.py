"""Parts that face strangers run as a user of their own, who can read copies of what they need.

The dashboard answers anybody; the jobs' part sends to whom a customer names and reads what comes back. The program
itself is among the copies: it may lie in root's own folder. All is made afresh, as root, at each start.
"""

import os
import pwd
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from trunkline import settings as all_settings
from trunkline.home import Home
from trunkline.settings import Settings

USER = "trunkline"
PACKAGE = Path(__file__).parent.parent


class StagingError(Exception):
    """A part cannot be started as its user; the text says what to do."""


def group() -> int:
    """The id of the group that the user is in, and nobody else. Raises StagingError."""
    try:
        return pwd.getpwnam(USER).pw_gid
    except KeyError:
        raise StagingError(
            f"this machine has no user {USER!r}, as whom this runs: `./trunkline prepare` makes it, "
            f"or: adduser --system --group --no-create-home {USER}"
        ) from None


def stage(settings: Settings, folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a part's folder of copies, with these files beside the settings. Raises StagingError."""
    whose = group()
    _reachable(Path(sys.prefix))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    _copy_package(folder / "src" / PACKAGE.name)
    for name, content in {"settings.json": settings.model_dump_json().encode(), **files}.items():
        _write(folder / name, content, whose)
    os.chown(folder, 0, whose)
    folder.chmod(0o750)


def become(part: str, home: Home, capability: str = "") -> NoReturn:
    """Start the command of this part in place of the process, as the user, from the copies, and for good."""
    environment = os.environ | {
        "PYTHONPATH": str(home.staged(part) / "src"),
        "TRUNKLINE_HOME": str(home.root),
        "HOME": "/nonexistent",  # libpq would take it ill that it cannot look into root's
        "USER": USER,
        "LOGNAME": USER,
    }
    os.chdir("/")
    kept = f"-all,+{capability}" if capability else "-all"
    words = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--no-new-privs"]
    words += [f"--inh-caps={kept}", f"--ambient-caps={kept}"]
    # Another user's process loses the signal by which it ends with supervisord.
    words += ["--pdeathsig", "TERM", "--", sys.executable, "-P", "-m", "trunkline", "node", part]
    os.execvpe(words[0], words, environment)


def read(part: str) -> tuple[Settings, Path]:
    """The settings, and the folder of copies, of the home that the environment names. Raises StagingError."""
    folder = Home(all_settings.home_folder()).staged(part)
    try:
        return all_settings.stored((folder / "settings.json").read_text()), folder
    except OSError as error:
        raise StagingError(f"start it as root; it then becomes another user: {error}") from error


def _copy_package(copy: Path) -> None:
    shutil.copytree(PACKAGE, copy)
    for folder, _, names in os.walk(copy.parent):
        os.chmod(folder, 0o755)
        for name in names:
            os.chmod(os.path.join(folder, name), 0o644)


def _write(path: Path, content: bytes, whose: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        os.fchown(file.fileno(), 0, whose)
        os.fchmod(file.fileno(), 0o640)


def _reachable(path: Path) -> None:
    for folder in (path, *path.parents):
        if not folder.stat().st_mode & 0o001:
            raise StagingError(
                f"parts that do not run as root cannot reach {path} through {folder}, which is closed to others; "
                f"choose a TRUNKLINE_CACHE elsewhere, or: chmod o+x {folder}"
            )
