"""Independent SIP implementations as the far side: SIPp and baresip."""

import asyncio
import contextlib
import json
import socket
import tempfile
from pathlib import Path

from harness.polling import PATIENCE

MODULES = ("g711.so", "g722.so", "aubridge.so", "uuid.so", "ctrl_tcp.so", "srtp.so")
APPLICATIONS = ("account.so", "menu.so")


class PeerError(Exception):
    """The peer did not do what it should; the text is what it said."""


def free_port(address: str) -> int:
    """A port that is free on an address for both UDP and TCP."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
            udp.bind((address, 0))
            with contextlib.suppress(OSError):
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]


@contextlib.asynccontextmanager
async def sipp(*arguments: str, address: str, port: int):
    """Run SIPp on an address; yields a coroutine function that waits for its end, and raises PeerError if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            "sipp", *arguments, "-i", address, "-p", str(port), "-mi", address, "-nostdin", "-trace_err",
            cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

        async def done(timeout: float = PATIENCE) -> None:
            _, errors = await asyncio.wait_for(process.communicate(), timeout)
            if process.returncode:
                logs = "\n".join(path.read_text(errors="replace") for path in Path(folder).glob("*_errors.log"))
                raise PeerError(f"sipp ended with {process.returncode}: {errors.decode(errors='replace')}\n{logs}")

        try:
            yield done
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


class Baresip:
    """A baresip that sends back what it hears, through its own decoder and encoder, and is steered over TCP.

    Its aufile module, which would play and record files, hangs it now and then when a stream stops; and after a 180
    it often starts its player before its source, and then sends nothing.
    """

    def __init__(self, folder: Path, address: str, port: int):
        self.folder, self.address, self.port = folder, address, port
        self.events: list[dict] = []
        self._process = self._reader = self._writer = None

    @classmethod
    @contextlib.asynccontextmanager
    async def run(
        cls,
        address: str,
        *,
        user: str = "baresip",
        parameters: str = "",
        codecs: str = "pcma,pcmu",
        rate: int = 8000,
        name_server: str = "",
    ):
        """Start it on an address; `parameters` are those of its account, e.g. `;answermode=auto`.

        `codecs`: as it names them, e.g. `G722/16000/1`; `rate`: of its audio, Hz; `name_server`: `ADDRESS:PORT`.
        """
        with tempfile.TemporaryDirectory() as folder:
            self = cls(Path(folder), address, free_port(address))
            control = free_port(address)
            self._configure(control, user, parameters + f";audio_codecs={codecs}", rate, name_server)
            self._process = await asyncio.create_subprocess_exec(
                "baresip", "-f", folder, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            output = asyncio.create_task(self._process.stdout.read())
            try:
                await self._connect(control, output)
                listener = asyncio.create_task(self._listen())
                await self._ready()
                yield self
                listener.cancel()
                await asyncio.wait([listener])
            finally:
                if self._writer:
                    self._writer.close()
                if self._process.returncode is None:
                    self._process.kill()
                await self._process.wait()
                await output

    def _configure(self, control: int, user: str, parameters: str, rate: int, name_server: str) -> None:
        lines = [
            "poll_method epoll", f"sip_listen {self.address}:{self.port}", "sip_verify_server no",
            "audio_source aubridge,loop", "audio_player aubridge,loop", "audio_alert aubridge,alert",
            "audio_channels 1-1", f"audio_srate {rate}-{rate}",
            f"ctrl_tcp_listen {self.address}:{control}", "module_path /usr/lib/baresip/modules",
            *([f"dns_server {name_server}"] if name_server else []),
            *(f"module {name}" for name in MODULES),
            *(f"module_app {name}" for name in APPLICATIONS),
        ]  # fmt: skip
        (self.folder / "config").write_text("\n".join([*lines, ""]))
        parameters += "" if "regint" in parameters else ";regint=0"
        account = f"<sip:{user}@{self.address}:{self.port};transport=udp>{parameters}"
        (self.folder / "accounts").write_text(account + "\n")
        (self.folder / "contacts").write_text("")

    async def _connect(self, control: int, output: asyncio.Task) -> None:
        async with asyncio.timeout(PATIENCE):
            while self._writer is None:
                if output.done():
                    raise PeerError(f"baresip ended: {output.result().decode(errors='replace')}")
                try:
                    self._reader, self._writer = await asyncio.open_connection(self.address, control)
                except OSError:
                    await asyncio.sleep(0.05)

    async def _ready(self) -> None:
        """Its control is there before its account."""
        async with asyncio.timeout(PATIENCE):
            while not any(self.address in str(event.get("data", "")) for event in self.events):
                self.command("reginfo")
                await asyncio.sleep(0.05)

    async def _listen(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # it ended
            while length := await self._reader.readuntil(b":"):
                self.events.append(json.loads(await self._reader.readexactly(int(length[:-1]))))
                await self._reader.readexactly(1)  # a netstring's comma

    def command(self, name: str, parameters: str = "") -> None:
        """Send one of the commands of its menu."""
        text = json.dumps({"command": name, "params": parameters})
        self._writer.write(f"{len(text)}:{text},".encode())

    @property
    def is_registered(self) -> bool:
        """What it says of its account; its event may have come before we listened."""
        return any("OK" in str(event.get("data")) or event.get("type") == "REGISTER_OK" for event in self.events)

    async def event(self, kind: str, timeout: float = PATIENCE) -> dict:
        """The first event of a kind, e.g. CALL_ESTABLISHED."""
        try:
            async with asyncio.timeout(timeout):
                while not (found := [event for event in self.events if event.get("type") == kind]):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise PeerError(f"baresip had no {kind} within {timeout:g} s; it had {self.events}") from None
        return found[0]
