"""A real edge: Kamailio and rtpengine as a node would start them, on addresses of the test run."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from harness.events import Events
from harness.polling import PATIENCE
from harness.world import World
from trunkline.contract import store
from trunkline.contract.journal import Event
from trunkline.home import Home
from trunkline.node import certificates, clear, engines, folders, part, ports, probes, render, secrets
from trunkline.sandbox.transport import Hop
from trunkline.settings import Settings

START_SECONDS = 60.0
STOP_SECONDS = 30.0
AGAIN_SECONDS = 1.0  # a signal that comes while Kamailio forks its children is lost on the newest
LOG_LINES = 60
DEFAULTS = {
    "sip": {"workers": 2, "memory_mb": 64},
    "auth": {"sha256": True},
    "media": {"port_min": 30000, "port_max": 31999, "relays": 1},
    "limits": {"requests_per_10s": 1_000_000, "refusals_per_minute": 100_000},
}


class EdgeError(Exception):
    """The engines did not do what was asked; the text has the end of their logs."""


class Edge(World):
    """`settings` is by section, e.g. `sip={"tls_floor": "TLSv1.2"}`. Usable after `start`."""

    def __init__(self, address: str, **settings: dict):
        # Kamailio drops root and must reach its files: pytest's own folders are closed to others.
        root = Path(tempfile.mkdtemp(prefix="edge-"))
        root.chmod(0o711)
        self.home = Home(root / "home")
        sections = {name: DEFAULTS.get(name, {}) | settings.get(name, {}) for name in DEFAULTS.keys() | settings.keys()}
        sections["sip"] = {"address": address} | sections["sip"]
        self.settings = Settings(home=self.home.root, **sections)
        self.address = self.settings.sip_address
        self._processes: dict[str, subprocess.Popen] = {}
        self._stop = threading.Event()
        self._clearing: threading.Thread | None = None
        self._events = Events(self.home.journal_file)
        folders.make(self.home)
        self.store = store.open_writer(self.home.store)
        super().__init__(self.store, self.settings.sip.domain)

    @property
    def udp(self) -> Hop:
        return Hop("udp", self.address, self.settings.sip.port)

    @property
    def tcp(self) -> Hop:
        return Hop("tcp", self.address, self.settings.sip.port)

    @property
    def tls(self) -> Hop:
        return Hop("tls", self.address, self.settings.sip.tls_port)

    def uri(self, user: str, **parameters: str) -> str:
        """A SIP URI of the service."""
        return f"sip:{user}@{self.domain}" + "".join(f";{name}={value}" for name, value in parameters.items())

    def start(self) -> None:
        """Write the configuration and start the engines. Raises EdgeError."""
        made = secrets.ensure(self.home.secrets)
        chosen = ports.ensure(self.home.ports, 0, self.settings.media.relays)
        certificates.ensure(self.home.tls, self.domain, [self.address])
        render.write(self.settings, self.home, made, chosen)
        folders.hand_over(self.home)
        # Redis, which the relays ask as they start, and these, which Kamailio looks for as it starts.
        for name in reversed(engines.commands(self.settings, self.home)):
            self.start_engine(name)
        self.wait_ready()
        self.start_clearing()

    def start_clearing(self) -> None:
        """Start the node's part that ends calls and lets their media go: the edge does neither by itself."""
        self.kill_clearing()
        clearer, reporter = clear.make(self.settings, self.home), part.Reporter(self.home.status("clear"))
        self._stop = threading.Event()
        arguments = (clearer, reporter, self._stop, clear.PAUSE / 4)
        self._clearing = threading.Thread(target=part.run, args=arguments, daemon=True)
        self._clearing.start()

    def kill_clearing(self) -> None:
        """End that part, which keeps nothing then that it had not kept before."""
        self._stop.set()
        if self._clearing:
            self._clearing.join(STOP_SECONDS)
            if self._clearing.is_alive():
                raise EdgeError(f"the part clear has not ended within {STOP_SECONDS:g} s\n{self.log_tail()}")

    def start_engine(self, name: str) -> None:
        """Start one engine (again)."""
        engine = engines.commands(self.settings, self.home)[name]
        with open(self.home.log / f"{name}.log", "ab") as log:
            self._processes[name] = subprocess.Popen(
                engine.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, user=engine.user or None, group=engine.user or None,
                extra_groups=[] if engine.user else None,
            )  # fmt: skip

    def wait_ready(self) -> None:
        """Wait until Kamailio answers OPTIONS and rtpengine pings. Raises EdgeError."""
        self._wait(lambda: probes.sip_options(self.address, self.settings.sip.port, timeout=0.3), "Kamailio")
        for port in ports.read(self.home.ports).relays:
            self._wait(lambda port=port: probes.rtpengine_ping(port, timeout=0.3), "rtpengine")
            self._wait(lambda port=port: self._introduce(port), "rtpengine for Kamailio")

    def _introduce(self, port: int) -> None:
        """Have Kamailio know a relay that may have started after it. Raises probes.Silent."""
        found = self.rpc("rtpengine.ping", f"udp:127.0.0.1:{port}")
        if found["status"] != "success":
            raise probes.Silent(f"Kamailio does not reach it: {found}")

    def _wait(self, probe: Callable, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            started = time.monotonic()
            try:
                probe()
                return
            except probes.Silent as error:
                ended = [name for name, process in self._processes.items() if process.poll() is not None]
                if ended or time.monotonic() > deadline:
                    reason = f"{', '.join(ended)} ended" if ended else str(error)
                    raise EdgeError(f"{name} did not start: {reason}\n{self.log_tail()}") from None
            # A refused datagram comes back at once: leave the engines the CPU until the next try.
            time.sleep(max(0.0, started + 0.1 - time.monotonic()))

    def restart(self, name: str) -> None:
        """Kill an engine as a crash would, start it again, and wait until both are ready. Raises EdgeError."""
        self.kill(name)
        self.start_engine(name)
        self.wait_ready()

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Kill all of an engine's processes, as a crash would, and wait until they are gone. Warns of one that does
        not end by `number`."""
        process = self._processes.pop(name, None)
        if process is None:
            return
        deadline = time.monotonic() + STOP_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            _signal(process, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(AGAIN_SECONDS)
        ended = process.poll() is not None
        _signal(process, signal.SIGKILL)  # workers that outlive the main process, too
        process.wait()
        if not ended:
            warnings.warn(f"{name} did not end within {STOP_SECONDS:g} s\n{self.log_tail()}", stacklevel=2)

    def pid(self, name: str) -> int:
        """The process, and process group, of an engine."""
        return self._processes[name].pid

    def stop(self) -> None:
        """Stop everything and remove every file."""
        self.kill_clearing()
        for name in engines.commands(self.settings, self.home):
            self.kill(name, signal.SIGTERM)
        self.store.close()
        shutil.rmtree(self.home.root.parent)

    def rpc(self, method: str, *parameters: object) -> object:
        """Ask Kamailio's control."""
        return probes.kamailio_rpc(self.home.kamailio_rpc, method, *parameters)

    def journal(self, **fields: object) -> list[Event]:
        """The events so far, in order; only those that have these fields, when any are given."""
        return [e for e in self._events.all() if all(e.get(name) == value for name, value in fields.items())]

    def call_events(self, **fields: object) -> list[Event]:
        """All events of the newest call that has an event with these fields, e.g. `called="…"`."""
        found = self.journal(**fields)
        return self.journal(call=found[-1]["call"]) if found else []

    async def events(self, last: str, timeout: float = PATIENCE, **fields: object) -> list[Event]:
        """`call_events`, once an event of the kind `last` is among them; TimeoutError after `timeout` s.

        Without the quality, which comes some time after the end, unless it is what is waited for.
        """
        deadline = time.monotonic() + timeout
        while True:
            found = self.call_events(**fields)
            if any(event["event"] == last for event in found):
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {last!r} for {fields} in the journal within {timeout:g} s; there are: {found}")
            await asyncio.sleep(0.02)
        return [event for event in found if last == "quality" or event["event"] != "quality"]

    def log_size(self) -> dict[str, int]:
        """How long each log is by now: what `log_tail` may skip."""
        return {path.name: path.stat().st_size for path in self.home.log.glob("*.log")}

    def log_tail(self, since: dict[str, int] | None = None, lines: int = LOG_LINES) -> str:
        """The ends of the engines' logs."""
        parts = []
        for path in sorted(self.home.log.glob("*.log")):
            with open(path, "rb") as file:
                file.seek((since or {}).get(path.name, 0))
                text = file.read().decode("utf-8", "replace").splitlines()[-lines:]
            parts.append("\n".join([f"--- {path.name}", *text]))
        return "\n".join(parts)


def _signal(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
