"""A machine that systemd has booted, with the units of deploy/systemd on it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.polling import until

HERE = Path(__file__).parent
CLONE = HERE.parents[1]
READY = 90.0  # s, on a busy machine
COMMAND_SECONDS = 110
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Machine:
    """`pid` is systemd's, seen from here."""

    def __init__(self, pid: int, log: Path):
        self.pid, self._log = pid, log

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """A command, as root gives it there, whatever comes of it."""
        enter = (
            "nsenter",
            f"--target={self.pid}",
            "--all",
            "--wd=/",
            "env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        )
        return subprocess.run([*enter, *words], capture_output=True, text=True, timeout=COMMAND_SECONDS)

    def do(self, *words: str) -> str:
        """A command that must succeed; what it printed."""
        ran = self.run(*words)
        assert ran.returncode == 0, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}\n{self.journal()}"
        return ran.stdout

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit."""
        said = self.do("systemctl", "show", unit, f"--property={','.join(properties)}")
        return dict(line.split("=", 1) for line in said.splitlines())

    def journal(self, unit: str = "trunkline") -> str:
        return self.run("journalctl", "--no-pager", "--unit", unit).stdout + self._log.read_text()

    def starts(self) -> int:
        """How many times a node has come up."""
        return self.journal().count("The node runs until Ctrl-C")

    def wait_for_start(self, before: int) -> None:
        """Wait until a node came up after so many others."""
        until(lambda: self.starts() > before, READY, "the node is up")


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with _booted(folder, folder / "console") as booted:
        booted.wait_for_start(0)
        yield booted


@contextmanager
def _booted(folder: Path, log: Path) -> Iterator[Machine]:
    with log.open("wb") as console:
        words = ["sh", HERE / "boot.sh", CLONE, sys.prefix, folder]
        boot = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    machine = None
    try:
        until(lambda: boot.poll() is not None or _child(_child(boot.pid)), what="systemd is started")
        if boot.poll() is not None:
            pytest.skip(f"no machine can be booted here: {log.read_text().strip()}")
        machine = Machine(_child(_child(boot.pid)), log)
        until(
            lambda: boot.poll() is not None or machine.run("systemctl", "is-system-running").stdout, what="it answers"
        )
        if boot.poll() is not None:
            pytest.skip(f"systemd does not run here: {log.read_text().strip()}")
        yield machine
    finally:
        if machine and boot.poll() is None:
            subprocess.run(["kill", "-KILL", str(machine.pid)], check=True)  # its namespace's processes go with it
        boot.wait(30)


def _child(pid: int) -> int:
    """The one child of a process; 0 when there is none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if pid else []
    except FileNotFoundError:
        return 0
    return int(children[0]) if children else 0
