"""A PostgreSQL of a benchmark's or test's own, which can be stopped, killed and frozen."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import cpu

DEAD_SECONDS = 10.0


class Server:
    """It listens on a Unix socket in `folder`, as its own user: PostgreSQL refuses to run as root.

    With an `address` it listens there too, to anybody; `enter` is put before its commands, to run them on another
    machine.
    """

    def __init__(self, folder: str, address: str = "", enter: Sequence[str] = ()):
        self.folder, self._data, self._address, self._enter = folder, f"{folder}/data", address, enter
        self._programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        shutil.chown(folder, "postgres")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        with Path(self._data, "pg_hba.conf").open("a") as file:
            file.write("host all all 0.0.0.0/0 trust\n")

    @classmethod
    def replica_of(cls, primary: "Server", folder: str) -> "Server":
        """A streaming replica, which is to be started; on the machine of the primary."""
        its = cls.__new__(cls)
        its.folder, its._data, its._address, its._enter = folder, f"{folder}/data", "", primary._enter
        its._programs = primary._programs
        shutil.chown(folder, "postgres")
        its._run(
            "pg_basebackup", "-h", primary.folder, "-U", "postgres", "-D", its._data, "-R", "-c", "fast", "--no-sync"
        )
        return its

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{self._address}/postgres" + ("" if self._address else f"?host={self.folder}")

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='{self._address}'"
        self._run("pg_ctl", "-D", self._data, "-w", "-o", options, "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """All its processes at once."""
        killed = self._processes()
        self._signal(signal.SIGKILL)
        deadline = time.monotonic() + DEAD_SECONDS
        while any(Path(f"/proc/{pid}/exe").exists() for pid in killed):
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL's processes do not die: {killed}")
            time.sleep(0.02)
        # What a supervisor of PostgreSQL sees to: a dead server's note must not be taken for a living one's.
        Path(self._data, "postmaster.pid").unlink()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def query(self, text: str) -> None:
        """Have it do something that is a query."""
        self._run("psql", "-h", self.folder, "-U", "postgres", "-q", "-c", text)

    def end(self) -> None:
        if Path(self._data, "postmaster.pid").exists():
            self.thaw()
            self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far, those that have ended included."""
        return cpu.seconds(self._processes())

    def _signal(self, number: int) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> list[int]:
        """The postmaster and its children, which it alone can tell."""
        main = int(Path(self._data, "postmaster.pid").read_text().split()[0])
        return [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]

    def _run(self, program: str, *arguments: str) -> None:
        user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        command = [*self._enter, *user, f"{self._programs}/{program}", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, cwd="/")


@contextmanager
def postgresql(address: str = "", enter: Sequence[str] = ()):
    folder = tempfile.mkdtemp(prefix="chaos-pg-")
    try:
        server = Server(folder, address, enter)
        try:
            server.start()
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(folder)


@contextmanager
def replica(primary: Server):
    """A running streaming replica of a running server, which can be stopped, killed and frozen as well."""
    folder = tempfile.mkdtemp(prefix="chaos-pg-")
    try:
        server = Server.replica_of(primary, folder)
        try:
            server.start()
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(folder)
