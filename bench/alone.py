"""The yardstick for media: an rtpengine with the least in its configuration, asked directly, with the fewest flags."""

import secrets

from bench.systems import System
from trunkline.node import ports, probes
from trunkline.node.ng import Relay

CONFIG = """[rtpengine]
table = -1
interface = {address}
listen-ng = 127.0.0.1:{control}
port-min = {first}
port-max = {last}
log-level = 5
"""


class AloneError(Exception):
    """rtpengine refused a call; the text has its reason."""


class Alone(System):
    """No Kamailio; it sets up calls itself (a talk.Setup)."""

    name = "rtpengine alone"

    def __init__(self, address: str, carrier: str):
        super().__init__(address, carrier)
        self._relay: Relay | None = None
        self._calls: list[str] = []

    def configure(self, chosen: ports.Ports) -> None:
        media = self.settings.media
        text = CONFIG.format(
            address=self.address, control=chosen.media_control, first=media.port_min, last=media.port_max
        )
        (self.home.node / "rtpengine.conf").write_text(text)

    def start_engines(self, chosen: ports.Ports) -> None:
        self._start("rtpengine")
        self._wait(lambda: probes.rtpengine_ping(chosen.media_control, timeout=0.5))
        self._relay = Relay(chosen.media_control)

    def connect(self, offer: str, answer: str, transcoded: bool) -> tuple[str, str]:
        """Raises AloneError."""
        self._calls.append(secrets.token_hex(8))
        call = {"call_id": self._calls[-1], "from_tag": "a"}
        codec = {"codec": {"transcode": ["PCMA"]}} if transcoded else {}
        offered = self._ask("offer", sdp=offer, **call, **codec)["sdp"]
        return offered, self._ask("answer", sdp=answer, to_tag="b", **call)["sdp"]

    def hang_up(self) -> None:
        while self._calls:
            self._ask("delete", call_id=self._calls.pop(), delete_delay=0)

    def _ask(self, command: str, **fields) -> dict:
        reply = self._relay.ask(command, **fields)
        if reply.get("result") != "ok":
            raise AloneError(f"rtpengine refused the {command}: {reply.get('error-reason', reply)}")
        return reply

    def stop(self) -> None:
        if self._relay:
            self._relay.close()
        super().stop()
