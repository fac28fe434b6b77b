"""Dialogs (RFC 3261 §12): the state that makes a request one of a call, and where that request goes."""

import secrets
from dataclasses import dataclass, field

from trunkline.sandbox.message import Address, Request, Response
from trunkline.sandbox.transport import Hop
from trunkline.sip import uri as sip_uri


def token(octets: int = 8) -> str:
    return secrets.token_hex(octets)


def hop_of(uri: str) -> Hop:
    """Where RFC 3263 sends a request for a SIP URI, without DNS. Raises UriError."""
    parsed = sip_uri.parse(uri)
    transport = "tls" if parsed.scheme == "sips" else (parsed.parameter("transport") or "udp").lower()
    host = parsed.parameter("maddr") or parsed.host
    return Hop(transport, host, parsed.port or sip_uri.DEFAULT_PORT.get(transport, 5060))


@dataclass
class Dialog:
    """`local` and `remote` are whole From and To values with their tags; `routes` the route set in order."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str] = field(default_factory=list)
    sequence: int = 0

    @classmethod
    def of_client(cls, request: Request, response: Response) -> "Dialog":
        """RFC 3261 §12.1.2: the route set is the Record-Route in reverse."""
        target = Address.parse(response.get("Contact") or f"<{request.uri}>").uri
        routes = response.values("Record-Route")[::-1]
        local, remote = request.get("From") or "", response.get("To") or ""
        return cls(request.call_id, local, remote, target, routes, request.cseq[0])

    @classmethod
    def of_server(cls, request: Request, local: str) -> "Dialog":
        """RFC 3261 §12.1.1: the route set is the Record-Route as it stands."""
        remote = request.get("From") or ""
        target = Address.parse(request.get("Contact") or remote).uri
        return cls(request.call_id, local, remote, target, request.values("Record-Route"))

    def refresh(self, message: Request | Response) -> None:
        """A target refresh (RFC 3261 §12.2) moves the far side's Contact."""
        if contact := message.get("Contact"):
            self.target = Address.parse(contact).uri

    def request(self, method: str, sequence: int | None = None) -> Request:
        """The next request of this dialog, without its Via. ACK takes the `sequence` of its INVITE."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        uri, routes = self.target, list(self.routes)
        if routes and ";lr" not in Address.parse(routes[0]).uri.lower():
            # RFC 3261 §12.2.1.1: a strict router wants itself in the Request-URI and the target as the last Route.
            uri, routes = Address.parse(routes[0]).uri, [*routes[1:], f"<{self.target}>"]
        headers = [*(("Route", route) for route in routes), ("Max-Forwards", "70")]
        headers += [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id)]
        return Request(method, uri, headers=[*headers, ("CSeq", f"{sequence} {method}")])

    @property
    def next_hop(self) -> str:
        """The URI that decides where a request is sent."""
        return Address.parse(self.routes[0]).uri if self.routes else self.target
