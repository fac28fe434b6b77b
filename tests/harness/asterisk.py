"""A real Asterisk with a generated configuration dropped in, as docs/pbx says."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.knot import NameServer
from trunkline.pbx import archive
from trunkline.pbx.configuration import Configuration

ADDRESS = "127.0.0.1"  # the generated transport listens on every address, and this is what it sends from
START_SECONDS = 60.0
# Other protocols listen at fixed ports, which another test run may have; what is not installed logs pages.
MODULES = """[modules]
autoload = yes
noload = chan_iax2.so
noload = chan_unistim.so
noload = chan_mgcp.so
noload = chan_skinny.so
noload = chan_ooh323.so
noload = pbx_dundi.so
noload = res_pjsip_phoneprov_provider.so
"""


class AsteriskError(Exception):
    """It did not start, or a command failed; the text has the end of its log."""


class Asterisk:
    """Usable inside `running`. `etc` is its /etc/asterisk."""

    def __init__(self, root: Path, folder: Path):
        self._root, self.folder, self.etc = root, folder, folder / "etc"
        self._process: subprocess.Popen | None = None

    def drop_in(self, configuration: Configuration) -> None:
        """Unpack the archive, each file unchanged."""
        for file in archive.files(configuration):
            if file.path.startswith("etc/asterisk/"):
                path = self.etc / file.path.removeprefix("etc/asterisk/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text)

    def append(self, name: str, text: str) -> None:
        """Add lines to one of its own files."""
        with open(self.etc / name, "a") as file:
            file.write(f"\n{text}\n")

    def resolve_by(self, server: NameServer) -> None:
        """Ask this name server alone. Its root has none of the files that it would take one from."""
        for name in ("hosts", "resolv.conf"):
            (self.etc / name).write_text("")
        self.append(
            "resolver_unbound.conf",
            f"[general]\nhosts = /etc/asterisk/hosts\nresolv = /etc/asterisk/resolv.conf\n"
            f"nameserver = {server.address}@{server.port}",
        )

    def command(self, text: str) -> str:
        """What a command of its console prints."""
        ran = subprocess.run(self._inside("asterisk", "-rx", text), capture_output=True, text=True, timeout=30)
        return ran.stdout + ran.stderr

    async def until(self, text: str, found, timeout: float = 20.0) -> str:
        """Wait until a command prints what `found` accepts."""
        deadline = time.monotonic() + timeout
        while True:
            said = await asyncio.to_thread(self.command, text)
            if found(said):
                return said
            if time.monotonic() > deadline:
                raise AsteriskError(f"{text!r} still says:\n{said}\n{self.log()}")
            await asyncio.sleep(0.2)

    def start(self) -> None:
        (self.etc / "modules.conf").write_text(MODULES)
        self.append("logger.conf", "[logfiles]\nmessages => notice,warning,error,verbose(3)")
        with open(self.folder / "output", "wb") as output:
            self._process = subprocess.Popen(
                self._inside("asterisk", "-f", "-n", "-vvv"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while "fully booted" not in self.command("core waitfullybooted"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AsteriskError(f"Asterisk did not start\n{self.log()}")
            time.sleep(0.1)
        # It does these by itself too, each within ten seconds.
        for name in ("trunk1", "trunk2"):
            self.command(f"pjsip send register {name}")
            self.command(f"pjsip qualify {name}")

    def stop(self) -> None:
        if self._process:
            self.command("core stop now")
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def said(self) -> str:
        """All that it has logged, with each step of its dialplan."""
        path = self.folder / "log" / "messages"
        return (
            path.read_text(errors="replace") if path.exists() else (self.folder / "output").read_text(errors="replace")
        )

    def log(self) -> str:
        """The end of that, without our own questions."""
        return "\n".join([line for line in self.said().splitlines() if "Remote UNIX connection" not in line][-80:])

    def _inside(self, *words: str) -> list[str]:
        """A command in the root, which has its own files, our /etc/asterisk, and this machine's network."""
        mounts = ["--ro-bind", str(self._root), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
        for own, place in (("etc", "/etc/asterisk"), ("run", "/run"), ("log", "/var/log/asterisk"),
                           ("lib", "/var/lib/asterisk"), ("spool", "/var/spool/asterisk")):  # fmt: skip
            (self.folder / own).mkdir(exist_ok=True)
            mounts += ["--bind", str(self.folder / own), place]
        return ["bwrap", *mounts, "--die-with-parent", "--", *words]


def root() -> Path:
    """Where Asterisk is installed; fails the test, with the reason, where it is not."""
    place = os.environ.get("TRUNKLINE_ASTERISK", "")
    if not (Path(place) / "usr/sbin/asterisk").exists():
        pytest.fail(
            f"there is no Asterisk at {place or 'TRUNKLINE_ASTERISK'}: `./trunkline test` could not build its root "
            "from Debian unstable, and said why when it began (asterisk.log in its cache)"
        )
    return Path(place)


@contextlib.contextmanager
def running(prepare) -> Iterator[Asterisk]:
    """An Asterisk with Debian's own configuration and what `prepare(asterisk)` adds to it."""
    installed = root()
    with tempfile.TemporaryDirectory(prefix="asterisk-") as folder:
        asterisk = Asterisk(installed, Path(folder))
        shutil.copytree(installed / "etc/asterisk", asterisk.etc, ignore=shutil.ignore_patterns("manager.d"))
        (asterisk.folder / "run/asterisk").mkdir(parents=True)
        prepare(asterisk)
        try:
            asterisk.start()
            yield asterisk
        finally:
            asterisk.stop()


def free_port() -> int:
    """A port that is free on every address, for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("0.0.0.0", 0))
            with contextlib.suppress(OSError):
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]
