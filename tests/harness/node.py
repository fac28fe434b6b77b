"""A whole node, as `trunkline up --detach` leaves it: a home, addresses, and a database of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.addresses import Block
from harness.polling import PATIENCE, pause, until
from trunkline.home import Home
from trunkline.node import launch, logs, probes
from trunkline.sandbox.transport import Hop
from trunkline.settings import Settings

COMMAND_SECONDS = 110.0
GONE_SECONDS = 30.0
DEFAULTS = {
    "node": {"measure": False},  # most tests look at each message that a PBX gets
    "sip": {"workers": 2, "memory_mb": 64},
    "media": {"port_min": 30000, "port_max": 33999, "relays": 1},
    "limits": {"requests_per_10s": 1_000_000, "refusals_per_minute": 100_000},
    "web": {"enabled": False},
    "sandbox": {"enabled": False},
}
CONFIGS = {"kamailio": "kamailio.cfg", "rtpengine": "rtpengine.conf", "redis": "redis.conf"}
PARTS = ("kamailio", "rtpengine", "follow", "resolve", "ship", "clear", "beat")
SIP_PORT = 5060
ROUTED = "9995"  # numbers that go to the node's carrier
NUMBER = "99940000001"  # forwarded to the node's PBX


class NodeError(Exception):
    """A command failed; the text has what it printed."""


@dataclass(frozen=True)
class Key:
    name: str
    secret: str


class Node:
    """`settings` is by section, e.g. `sandbox={"enabled": True}`; they reach the node through its environment.

    `enter` is put before its commands.
    """

    enter: Sequence[str] = ()

    def __init__(self, block: Block, **settings: dict):
        # Kamailio drops root and must reach its files: pytest's own folders are closed to others.
        self.root = Path(tempfile.mkdtemp(prefix="node-"))
        self.root.chmod(0o711)
        self.home = Home(self.root / "home")
        self.home.root.mkdir(mode=0o711)
        self._block = block
        self._addresses = [block.take() for _ in range(5)]
        # The first three are the node's; agents of the tests are the carrier and the PBX.
        self.address, sandbox_carrier, sandbox_pbx, self.carrier_address, self.pbx_address = self._addresses
        sections = {name: DEFAULTS.get(name, {}) | settings.get(name, {}) for name in DEFAULTS.keys() | settings.keys()}
        sections["sip"] = {"address": self.address} | sections["sip"]
        if "metrics" in sections:
            sections["metrics"] = {"address": self.address} | sections["metrics"]
        sections["sandbox"] |= {"carrier_address": sandbox_carrier, "pbx_address": sandbox_pbx}
        self.settings = Settings(home=self.home.root, **sections)
        self.environment = self.bare_environment()
        for section, values in sections.items():
            for name, value in values.items():
                text = value if isinstance(value, str) else json.dumps(value)
                self.environment[f"TRUNKLINE_{section}__{name}".upper()] = text
        self.key: Key | None = None

    def bare_environment(self) -> dict[str, str]:
        """With the node's home, and no setting."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
        return kept | {"TRUNKLINE_HOME": str(self.home.root), "PYTHONPATH": os.pathsep.join(sys.path)}

    # Commands

    def run(self, *words: str, **options) -> subprocess.CompletedProcess:
        """A command, as an operator gives it, whatever comes of it."""
        options = {"env": self.environment, "timeout": COMMAND_SECONDS, "text": True, "capture_output": True} | options
        return subprocess.run([*self.enter, sys.executable, "-m", "trunkline", *words], **options)

    def do(self, *words: str) -> str:
        """A command that must succeed; what it printed. Raises NodeError."""
        ran = self.run(*words)
        if ran.returncode:
            raise NodeError(f"trunkline {' '.join(words)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}")
        return ran.stdout

    def ask(self, *words: str):
        """The JSON of a command that must succeed."""
        return json.loads(self.do(*words, "--json"))

    def up(self, *options: str) -> str:
        return self.do("up", "--detach", *(options or ("--no-check",)))

    def status(self) -> tuple[int, dict[str, str]]:
        """The exit status of `status`, and the words for each part that is wrong."""
        ran = self.run("status", "--json")
        return ran.returncode, {c["name"]: c["text"] for c in json.loads(ran.stdout)["checks"] if not c["ok"]}

    # Its processes

    def processes(self) -> dict[int, str]:
        """Every living process that was started for this home, with its command line."""
        mark = os.fsencode(f"TRUNKLINE_HOME={self.home.root}")
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if command:  # a zombie has none
                        found[int(folder.name)] = command
            except OSError:  # it ended meanwhile
                continue
        return found

    def pid(self, part: str) -> int:
        """The main process of a part; 0 when there is none. Not asked of supervisord: any question wakes it up, and
        it then notices a death sooner than it does by itself."""
        if part in CONFIGS:
            return next((pid for pid in self.members(part) if pid == self._group(part)), 0)
        words = f" -m trunkline node {part} "
        return min((pid for pid, command in self.processes().items() if words in f"{command} "), default=0)

    def members(self, engine: str) -> list[int]:
        """All processes of an engine's last start, the main one first."""
        return sorted(launch.members(self._group(engine), str(self.home.node / CONFIGS[engine])))

    def _group(self, engine: str) -> int:
        """The process group of an engine, which has the id of its main process."""
        return json.loads((self.home.run / f"{engine}.group").read_text() or "0")

    def kill(self, *pids: int, number: int = signal.SIGKILL) -> None:
        for pid in pids:
            assert pid > 0, "0 would be this process and its whole group"
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill_part(self, part: str) -> int:
        """Kill a part's process, as a crash would; returns which it was."""
        pid = until(lambda: self.pid(part), what=f"{part} runs")
        self.kill(pid)
        return pid

    def is_back(self, part: str, killed: int) -> bool:
        """Whether another process than the killed one runs."""
        return self.pid(part) not in (0, killed)

    def serves(self) -> bool:
        """Whether SIP and media are answered, at this moment."""
        with contextlib.suppress(probes.Silent, OSError, ValueError):
            port = json.loads(self.home.ports.read_text())["relays"][0]
            probes.rtpengine_ping(port, timeout=0.3)
            return probes.sip_options(self.address, SIP_PORT, timeout=0.3) == 200
        return False

    def end(self) -> None:
        """Kill everything at once, as a power cut does. Raises AssertionError when something survives."""

        def gone() -> bool:
            alive = self.processes()
            self.kill(*alive)
            return not alive

        until(gone, GONE_SECONDS, "no process of the node is left")

    def discard(self) -> None:
        self.end()
        shutil.rmtree(self.root)
        for address in self._addresses:
            self._block.give_back(address)

    # What tests do with it

    @property
    def udp(self) -> Hop:
        return Hop("udp", self.address, self.settings.sip.port)

    @property
    def tcp(self) -> Hop:
        return Hop("tcp", self.address, self.settings.sip.port)

    @property
    def tls(self) -> Hop:
        return Hop("tls", self.address, self.settings.sip.tls_port)

    def uri(self, user: str = "") -> str:
        return f"sip:{user}@{self.settings.sip.domain}" if user else f"sip:{self.settings.sip.domain}"

    def furnish(self) -> None:
        """An account with a key, a carrier for ROUTED, and NUMBER, forwarded to the PBX; waits until the edge knows."""
        with self.services() as services:
            account = services.accounts.create("customer", calls_per_second=0, calls_at_once=0)
            key, secret = services.keys.create(account)
            carrier = services.carriers.create(
                "telco", self.carrier_address, port=SIP_PORT, sources=[self.carrier_address]
            )
            services.routes.add(ROUTED, carrier)
            services.numbers.add(f"+{NUMBER}", account, f"sip:pbx@{self.pbx_address}:{SIP_PORT}")
        self.key = Key(key.name, secret)
        self.caught_up()

    def caught_up(self) -> None:
        """Wait until every change is in force."""
        status = self.home.status("follow")

        def level() -> bool:
            said = json.loads(status.read_text())
            with self.services():
                from trunkline.control.feed import DatabaseFeed

                return said["sequence"] == DatabaseFeed().head()

        until(level, what="the node follows")

    @contextlib.contextmanager
    def services(self) -> Iterator:
        """The control plane's services on the node's database, in this process; for a thread without a loop."""
        from trunkline import control

        control.setup(self.settings)
        from trunkline.control import services

        try:
            yield services
        finally:
            control.database.close()

    def records(self, number: str = "", limit: int = 10_000) -> list[dict]:
        """The records of the calls from and to a number (of all calls for ''), the newest first, with `attempts`."""
        with self.services() as services:
            return [
                services.calls.as_dict(call)
                | {"attempts": [services.calls.attempt_as_dict(a) for a in services.calls.attempts(call)]}
                for call in services.calls.find(number=number, limit=limit)
            ]

    def rpc(self, method: str, *parameters: object) -> object:
        """Ask Kamailio's control."""
        return probes.kamailio_rpc(self.home.kamailio_rpc, method, *parameters)

    def last_words(self, lines: int = 40) -> list[tuple[str, str]]:
        """The ends of the node's logs, for a test that failed."""
        return [(path.name, "\n".join(logs.tail(path, lines))) for path in sorted(self.home.log.glob("*.log"))]


async def eventually(condition: Callable[[], object], seconds: float = PATIENCE, what: str = "") -> object:
    """`until` for coroutines: the loop, and its calls, go on while `condition` works."""
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        if value := await asyncio.to_thread(condition):
            return value
        answered = time.monotonic()
        assert answered < deadline, f"not within {seconds:g} s: {what or condition}"
        await asyncio.sleep(pause(answered - asked))


@contextlib.contextmanager
def running(block: Block, **settings: dict) -> Iterator[Node]:
    """A node that is up, and furnished."""
    node = Node(block, **settings)
    try:
        node.up()
        node.furnish()
        yield node
    finally:
        node.discard()
