"""What a user agent has that its calls go by."""

import ssl

from trunkline.sandbox import sdp
from trunkline.sandbox.stack import Stack
from trunkline.sandbox.trace import Trace
from trunkline.settings import Settings


class Party(Stack):
    """`calls` are by Call-ID and local tag; each enters itself when it begins, and leaves when it is over."""

    def __init__(
        self, address: str, transport: str, name: str, trace: Trace, t1: float, client_tls: ssl.SSLContext | None
    ):
        super().__init__(address, transport, name, trace, t1, client_tls)
        self.calls: dict[tuple[str, str], object] = {}
        self.codecs = sdp.CODECS
        self.srtp = False  # whether it offers SRTP
        self.media_address = ""  # where its audio is, when that is another address than ours
        self.media_behind: dict[str, str] = {}  # an address in an SDP -> the one that is meant by it

    def share_nat(self, settings: Settings) -> None:
        """Reach the node at its own addresses where it tells others those of a 1:1 NAT in front of it: we are behind
        that too, not every NAT leads back what comes from there, and none gets what leaves a loopback address."""
        self._sockets.behind = {settings.sip_advertised: settings.sip_address}
        self.media_behind = {settings.media_advertised: settings.media_address}
