"""The dashboard's process faces the Internet, so it runs as a user of its own, who can read copies of what it needs.

The program itself is among them: it may lie in root's own folder. All is made afresh, as root, at each start.
"""

import os
import pwd
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from trunkline.home import Home
from trunkline.settings import Settings

USER = "trunkline"
PACKAGE = Path(__file__).parent.parent
LOWEST_FREE_PORT = 1024  # below, a port takes a capability


class StagingError(Exception):
    """The dashboard cannot be started as its user; the text says what to do."""


def group() -> int:
    """The id of the group that the user is in, and nobody else. Raises StagingError."""
    try:
        return pwd.getpwnam(USER).pw_gid
    except KeyError:
        raise StagingError(
            f"this machine has no user {USER!r}, as whom the dashboard runs: `./trunkline prepare` makes it, "
            f"or: adduser --system --group --no-create-home {USER}"
        ) from None


def stage(settings: Settings, home: Home, secret: str) -> None:
    """Make the folder of copies. `secret` is the dashboard's own. Raises StagingError."""
    whose = group()
    _reachable(Path(sys.prefix))
    shutil.rmtree(home.web, ignore_errors=True)
    home.web.mkdir(mode=0o700)
    _copy_package(home.web / "src" / PACKAGE.name)
    _write(home.web / "settings.json", settings.model_dump_json().encode(), whose)
    _write(home.web / "secret", secret.encode(), whose)
    if settings.web.tls:
        for name in ("node.crt", "node.key"):
            _write(home.web / name, (home.tls / name).read_bytes(), whose)
    os.chown(home.web, 0, whose)
    home.web.chmod(0o750)


def become(settings: Settings, home: Home) -> NoReturn:
    """Start this same command in place of the process, as the user, from the copies, with no way back to root."""
    environment = os.environ | {
        "PYTHONPATH": str(home.web / "src"),
        "TRUNKLINE_HOME": str(home.root),
        "HOME": "/nonexistent",  # libpq would take it ill that it cannot look into root's
        "USER": USER,
        "LOGNAME": USER,
    }
    os.chdir("/")
    words = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--no-new-privs", *_capabilities(settings)]
    # Another user's process loses the signal by which it ends with supervisord.
    words += ["--pdeathsig", "TERM", "--", sys.executable, "-P", "-m", "trunkline", "node", "web"]
    os.execvpe(words[0], words, environment)


def _capabilities(settings: Settings) -> list[str]:
    if settings.web.port >= LOWEST_FREE_PORT:
        return ["--inh-caps=-all", "--ambient-caps=-all"]
    return ["--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service"]


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
                f"the dashboard, which does not run as root, cannot reach {path} through {folder}, which is closed to "
                f"others; choose a TRUNKLINE_CACHE elsewhere, or: chmod o+x {folder}"
            )
