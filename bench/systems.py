"""A system under test: one Kamailio and one rtpengine of its own, on an address of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench import cpu
from trunkline.home import Home
from trunkline.node import engines, folders, ports, probes, render
from trunkline.settings import Settings

REALM = "sip.trunkline.internal"
KEY, SECRET = "benchkey", "benchsecret"
MEMORY_MB = 512
START_SECONDS = 30.0
STOP_SECONDS = 10.0


class StartError(Exception):
    """A system did not start; the text has the end of its logs."""


class System:
    """`start`, load it at `address`:5060, ask `cpu_seconds` before and after, `stop`.

    `carrier` is the address that its calls go to; `workers` is `sip.workers`. Subclasses write the configuration of
    their Kamailio.
    """

    name = ""

    def __init__(self, address: str, carrier: str, workers: int = 0):
        self.address, self.carrier = address, carrier
        # Kamailio drops root and must reach its files.
        self._root = Path(tempfile.mkdtemp(prefix="bench-"))
        self._root.chmod(0o711)
        self.home = Home(self._root / "home")
        self.settings = Settings(
            home=self.home.root,
            sip={"address": address, "domain": REALM, "memory_mb": MEMORY_MB, "workers": workers},
            media={"port_min": 10000, "port_max": 59999, "relays": 1},
            limits={"requests_per_10s": 10_000_000, "refusals_per_minute": 10_000_000},
        )
        self._processes: dict[str, subprocess.Popen] = {}

    def configure(self, chosen: ports.Ports) -> None:
        """Write the engines' configuration."""
        raise NotImplementedError

    def start(self) -> None:
        """Configure and start the engines, and wait until they answer. Raises StartError."""
        folders.make(self.home)
        chosen = ports.ensure(self.home.ports, 0)
        self.configure(chosen)
        folders.hand_over(self.home)
        self.start_engines(chosen)

    def start_engines(self, chosen: ports.Ports) -> None:
        """The media relay first: a Kamailio that does not find it at its start looks again only later."""
        self._start("rtpengine")
        self._wait(lambda: probes.rtpengine_ping(chosen.media_control, timeout=0.5))
        self._start("kamailio")
        self._wait(lambda: probes.sip_options(self.address, self.settings.sip.port, timeout=0.5))

    def _start(self, name: str) -> None:
        engine = engines.commands(self.settings, self.home)[name]
        user = engine.user or None
        self._run(name, engine.command, user=user, group=user, extra_groups=[] if user else None)

    def _run(self, name: str, command: list[str], **options) -> None:
        """Start a process whose CPU time counts."""
        with open(self.home.log / f"{name}.log", "ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )

    def _wait(self, probe) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                probe()
                return
            except probes.Silent as error:
                ended = [name for name, process in self._processes.items() if process.poll() is not None]
                if ended or time.monotonic() > deadline:
                    reason = f"{', '.join(ended)} ended" if ended else str(error)
                    raise StartError(f"{self.name} did not start: {reason}\n{self.log_tail()}") from None
            time.sleep(0.1)

    def log_tail(self, lines: int = 20) -> str:
        """The ends of the engines' logs."""
        texts = [(path.name, path.read_text(errors="replace")) for path in sorted(self.home.log.glob("*.log"))]
        return "\n".join("\n".join([f"--- {name}", *text.splitlines()[-lines:]]) for name, text in texts)

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time so far of all processes, by engine or part of the node, s."""
        return {name: cpu.group_seconds(process.pid) for name, process in self._processes.items()}

    def stop(self) -> None:
        """Stop the engines and remove every file."""
        for process in self._processes.values():
            _end(process)
        self._processes.clear()
        shutil.rmtree(self._root)

    def _write_rtpengine(self, chosen: ports.Ports) -> None:
        (self.home.node / "rtpengine.conf").write_text(render.relay(self.settings, self.home, chosen))


def _end(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.wait()
