"""Stops a node whole, also one whose process manager was killed or hangs."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from trunkline.home import Home
from trunkline.node import engines, launch
from trunkline.node.supervise import Manager, NotRunning
from trunkline.settings import Settings

# Parts are stopped one after the other, each with a time limit of its own after which it is killed.
STOP_SECONDS = 90.0
KILLED_SECONDS = 5.0
POLL = 0.05


class StopError(Exception):
    """The process manager does not end."""


def stop(settings: Settings, home: Home) -> bool:
    """Stop everything and wait until it is gone; False when nothing was running. Raises StopError, LeftoverError."""
    pid = manager_pid(home)
    if pid:
        _ask(home, pid)
        if not _gone(pid, STOP_SECONDS, lambda: _wake(home)):
            os.kill(pid, signal.SIGKILL)
            if not _gone(pid, KILLED_SECONDS):
                raise StopError(f"the process manager, process {pid}, does not end")
    left = sum(launch.end_leftovers(engine, home) for engine in engines.commands(settings, home).values())
    return bool(pid or left)


def manager_pid(home: Home) -> int:
    """The process id of this home's supervisord, by its pid file; 0 when it does not run."""
    try:
        pid = int((home.run / "supervisord.pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return 0
    return pid if os.fsencode(home.node / "supervisord.conf") in arguments and not _is_zombie(pid) else 0


def _ask(home: Home, pid: int) -> None:
    try:
        Manager(home).shut_down()
    except NotRunning:  # it does not answer, but may still heed a signal
        os.kill(pid, signal.SIGTERM)


def _wake(home: Home) -> None:
    """supervisord looks for ended processes once a second, and when its control is touched: a second saved a part."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.setblocking(False)
        control.connect(str(home.supervisor))


def _gone(pid: int, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> bool:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and not _is_zombie(pid):
        if time.monotonic() > deadline:
            return False
        meanwhile()
        time.sleep(POLL)
    return True


def _is_zombie(pid: int) -> bool:
    """Ended, and only waiting for its parent (which may be us) to take notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
