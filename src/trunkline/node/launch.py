"""Starts an engine in place of the calling process, after ending what its last start left behind.

A Kamailio whose main process was killed leaves its workers alive, and with them its ports.

supervisord runs this module by itself (`command`): nobody calls until Kamailio is back, so what a start imports counts.
"""

import json
import os
import pwd
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from trunkline.home import Home

GONE_SECONDS = 5.0  # to wait for killed processes


class LeftoverError(Exception):
    """Processes of an earlier start would not end."""


@dataclass(frozen=True, slots=True)
class Engine:
    """`config` identifies this home's engine in a process list; `user` is '' where there is no such user."""

    name: str
    command: list[str]
    config: str
    user: str


def command(engine: Engine, home: Home) -> list[str]:
    """The command line of a process that becomes the engine."""
    return [
        sys.executable,
        "-m",
        "trunkline.node.launch",
        str(home.root),
        engine.name,
        engine.config,
        engine.user,
        *engine.command,
    ]


def launch(engine: Engine, home: Home) -> NoReturn:
    """Become the engine: the leader of a process group that is noted for the next start."""
    end_leftovers(engine, home)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    _note(engine, home).write_text(json.dumps(os.getpid()))
    if engine.user:
        become(engine.user)
    os.execvp(engine.command[0], engine.command)


def end_leftovers(engine: Engine, home: Home) -> int:
    """Kill what is left of the engine's last start; returns how many processes there were. Raises LeftoverError.

    They must be of the process group that was noted and name this home's configuration on their command line: a
    process id may long be somebody else's, and another root may have an engine with the same path.
    """
    try:
        group = json.loads(_note(engine, home).read_text())
    except (FileNotFoundError, ValueError):
        return 0
    killed: set[int] = set()
    deadline = time.monotonic() + GONE_SECONDS
    # One that is ending has no command line any more while it still has its ports: it is known by having been killed.
    while left := {*members(group, engine.config), *(pid for pid in killed if _group(pid) == group)}:
        if time.monotonic() > deadline:
            raise LeftoverError(f"{engine.name}: processes {sorted(left)} of an earlier start do not end")
        for pid in left - killed:
            _kill(pid)
        killed |= left
        time.sleep(0.01)
    return len(killed)


def members(group: int, argument: str) -> list[int]:
    """The living processes of a group, other than this one, that have `argument` on their command line."""
    pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [
        pid for pid in pids if pid != os.getpid() and _group(pid) == group and os.fsencode(argument) in _arguments(pid)
    ]


def _group(pid: int) -> int:
    """The process group of a process that may hold something still; 0 of one that has let go of all."""
    try:
        # The fields after the name in parentheses: state, parent, process group; threads are the 20th of all.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    is_over = fields[0] in "ZX" and int(fields[17]) < 2  # its other threads may outlive the first
    return 0 if is_over else int(fields[2])


def _arguments(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def _note(engine: Engine, home: Home) -> Path:
    return home.run / f"{engine.name}.group"


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def become(user: str, groups: Sequence[int] | None = None) -> None:
    """Be a user from now on, and for good: in its own groups, or in these beside its first. Raises KeyError."""
    entry = pwd.getpwnam(user)
    if groups is None:
        os.initgroups(user, entry.pw_gid)
    else:
        os.setgroups(groups)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main() -> None:
    root, name, config, user, *words = sys.argv[1:]
    try:
        launch(Engine(name, words, config, user), Home(Path(root)))
    except FileNotFoundError as error:
        sys.exit(f"{words[0]} is not installed here: {error}")
    except LeftoverError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
