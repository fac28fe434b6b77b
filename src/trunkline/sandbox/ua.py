"""A SIP user agent: one address, any transports, any number of calls.

async with Agent.open("127.0.0.1") as ua:
    call = await ua.invite("sip:+9991000001@sip.example", via="127.0.0.1:5060", user=key, secret=secret)
    await call.audio.hear(440)
    await call.bye()
"""

import contextlib
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Generator

from trunkline.sandbox.call import AUTO, Call, Headers
from trunkline.sandbox.dialog import token
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.message import Address, Request, Response
from trunkline.sandbox.outgoing import Invitation, OutgoingCall
from trunkline.sandbox.party import Party
from trunkline.sandbox.stack import KEPT
from trunkline.sandbox.trace import Trace
from trunkline.sandbox.transaction import T1, ServerTransaction
from trunkline.sandbox.waiting import PATIENCE
from trunkline.sip import uri as sip_uri
from trunkline.sip.uri import in_uri


class Agent(Party):
    """`strays` are responses and bytes that belong to nothing we know.

    With `on_call`, incoming calls go to that coroutine function; without, they wait for `next_call`.
    """

    calls: dict[tuple[str, str], Call]

    def __init__(
        self, address: str, transport: str, name: str, trace: Trace, t1: float, client_tls: ssl.SSLContext | None
    ):
        super().__init__(address, transport, name, trace, t1, client_tls)
        self.requests: deque[Request] = deque(maxlen=KEPT)  # out-of-dialog ones but INVITE
        self.on_call: Callable[[IncomingCall], Coroutine] | None = None
        self.on_request: Callable[[Request], Response | None] | None = None
        self._incoming: deque[IncomingCall] = deque()

    @classmethod
    def open(
        cls, address: str, transport: str = "udp", *, port: int = 0, tls_port: int = 0, transports=(),
        tls: ssl.SSLContext | None = None, client_tls: ssl.SSLContext | None = None,
        name: str = "sandbox", trace: Trace | None = None, t1: float = T1,
    ) -> "Opening":  # fmt: skip
        """Await it, or use it in `async with`, for an agent that listens.

        It listens on `transports` (`transport`, unless more are named) and uses `transport` where a URI names none.
        `tls` is the context of a TLS server: without one, it makes TLS connections and accepts none. Port 0 lets
        the system choose. Raises OSError when a port is taken. `t1` is the RFC's retransmission interval, s.
        """
        agent = cls(address, transport, name, trace or Trace(), t1, client_tls)
        return Opening(agent, agent._sockets.listen(transports or (transport,), port, tls_port, tls))

    async def __aenter__(self) -> "Agent":
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.close()
        if error is None and self.failures:
            raise ExceptionGroup(f"inside the agent {self.name}", list(self.failures))

    async def close(self, hang_up: bool = True) -> None:
        """End every call (unless told not to), every task, every socket."""
        if hang_up:
            for call in list(self.calls.values()):
                with contextlib.suppress(OSError, sip_uri.UriError):  # the far side may be gone already
                    await call.hang_up_quietly()
        for call in self.calls.values():
            call.close()
        await super().close()

    async def dial(
        self, uri: str, via: object = None, *, caller: str = "", callee: str = "", **options
    ) -> OutgoingCall:
        """Send an INVITE and return at once; options are Invitation's (user, secret, sdp, headers, edit, …).

        `via` is the next hop: a Hop, `[transport:]host:port`, or None for what the URI says. `caller` and `callee`
        are From and To without tags; by default our address and the URI.
        """
        codecs = options.pop("codecs", self.codecs)
        invitation = Invitation(uri, self.hop(via or uri), caller or f"<sip:{self.name}@{in_uri(self.address)}>",
                                callee or f"<{uri}>", **options)  # fmt: skip
        call = OutgoingCall(self, token(), invitation, codecs)
        await call.start()
        return call

    async def invite(self, uri: str, via: object = None, *, timeout: float = 40.0, **options) -> OutgoingCall:
        """`dial`, and wait for the final response; TimeoutError when none comes in time."""
        call = await self.dial(uri, via, **options)
        await call.final(timeout)
        return call

    async def next_call(self, timeout: float = PATIENCE) -> IncomingCall:
        """The next incoming call."""
        await self.until(lambda: self._incoming, timeout, f"a call to {self.name} on {self.address}")
        return self._incoming.popleft()

    async def options(self, uri: str, via: object = None, **arguments) -> Response:
        return await self.request("OPTIONS", uri, via, **arguments)

    async def register(
        self,
        uri: str,
        user: str,
        secret: str,
        via: object = None,
        *,
        expires: int = 300,
        contact: str = "",
        **arguments,
    ) -> Response:
        """Register our contact for `sip:user@<host of uri>`; `expires` 0 removes it."""
        host = sip_uri.parse(uri).host
        record = f"<sip:{user}@{host}>"
        contact = contact or self.contact_for(self.hop(via or uri), user)
        headers = [*arguments.pop("headers", []), ("Contact", contact), ("Expires", str(expires))]
        arguments = {"caller": record, "callee": record} | arguments
        return await self.request("REGISTER", uri, via, user=user, secret=secret, headers=headers, **arguments)

    async def request(
        self, method: str, uri: str, via: object = None, *, caller: str = "", callee: str = "",
        headers: Headers | None = None, body: bytes = b"", **arguments,
    ) -> Response:  # fmt: skip
        """Send a request outside of any dialog and wait for its final response; arguments are those of `transact`."""
        caller = caller or f"<sip:{self.name}@{in_uri(self.address)}>"
        request = self.request_of(method, uri, caller, callee or f"<{uri}>", token())
        for name, value in headers or []:
            request.set(name, value) if name in ("Max-Forwards", "Call-ID") else request.add(name, value)
        request.body = body
        return await self.transact(request, self.hop(via or uri), **arguments)

    async def send_raw(self, data: bytes, via: object) -> None:
        """Send any bytes at all; what comes back is in `strays`."""
        hop = self.hop(via)
        self._transmit(data, await self._sockets.flow(hop))

    async def stray(self, timeout: float = PATIENCE) -> Response | bytes:
        """The next response, or bytes, that belong to nothing we know."""
        await self.until(lambda: self.strays, timeout, "an answer to what was sent raw")
        return self.strays.popleft()

    def incoming(self, request: Request, transaction: ServerTransaction) -> None:
        if tag := request.tag("To"):
            self._in_dialog(request, transaction, tag)
        else:
            self._outside(request, transaction)

    def _in_dialog(self, request: Request, transaction: ServerTransaction, tag: str) -> None:
        call = self.calls.get((request.call_id, tag))
        if call and call.dialog:
            call.receive(request, transaction)
        elif request.method != "ACK":
            transaction.respond(self.response(request, 481))

    def _outside(self, request: Request, transaction: ServerTransaction) -> None:
        if request.method == "INVITE":
            call = IncomingCall(self, request, transaction, self.codecs)
            self.calls[request.call_id, call.local_tag] = call
            transaction.on_cancel = call.cancel
            if self.on_call:
                self.spawn(self.on_call(call))
            else:
                self._incoming.append(call)
        elif request.method != "ACK":
            self.requests.append(request)
            response = self.on_request(request) if self.on_request else None
            transaction.respond(response or self.response(request, 200 if request.method == "OPTIONS" else 405))
        self.changed()


class Opening:
    """An agent that is about to listen."""

    def __init__(self, agent: Agent, listening: Coroutine):
        self.agent, self._listening = agent, listening

    def __await__(self) -> Generator[object, None, Agent]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Agent:
        await self._listening
        return self.agent

    async def __aexit__(self, *error):
        await self.agent.__aexit__(*error)


def address_of(value: str) -> str:
    """The URI of a From, To or Contact value."""
    return Address.parse(value).uri


__all__ = ["AUTO", "Agent", "address_of"]
