"""A PostgreSQL of a test's own, which can be stopped, killed and frozen."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.polling import until


class Server:
    """It listens on a Unix socket in `folder`, as its own user: PostgreSQL refuses to run as root."""

    def __init__(self, folder: str):
        self.folder, self._data = folder, f"{folder}/data"
        self._programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        shutil.chown(folder, "postgres")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses=''"
        self._run("pg_ctl", "-D", self._data, "-w", "-o", options, "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """All its processes at once."""
        killed = self._processes()
        self._signal(signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in killed), what="PostgreSQL is dead")
        # What a supervisor of PostgreSQL sees to: a dead server's note must not be taken for a living one's.
        Path(self._data, "postmaster.pid").unlink()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        if Path(self._data, "postmaster.pid").exists():
            self.thaw()
            self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _signal(self, number: int) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> list[int]:
        """The postmaster and its children, which it alone can tell."""
        main = int(Path(self._data, "postmaster.pid").read_text().split()[0])
        return [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]

    def _run(self, program: str, *arguments: str) -> None:
        command = [f"{self._programs}/{program}", *arguments]
        user = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, **user)


@contextmanager
def postgresql():
    folder = tempfile.mkdtemp(prefix="chaos-pg-")
    try:
        server = Server(folder)
        try:
            server.start()
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(folder)
