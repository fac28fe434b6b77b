"""What every user agent does below its calls: sockets, transactions, requests and responses in their usual form."""

import asyncio
import logging
import re
import ssl
from collections import deque
from collections.abc import Callable, Coroutine
from http import HTTPStatus

from trunkline.sandbox import digest
from trunkline.sandbox.dialog import hop_of, token
from trunkline.sandbox.message import Message, ParseError, Request, Response, parse
from trunkline.sandbox.trace import Trace
from trunkline.sandbox.transaction import ClientTransaction, ServerTransaction, server_key
from trunkline.sandbox.transport import Flow, Hop, Transport
from trunkline.sandbox.waiting import Changes
from trunkline.sip.uri import in_uri

log = logging.getLogger(__name__)

KEPT = 1000  # strays, and failures
LINGER = 32.0  # s; 64·T1, how long a finished transaction still meets its repetitions
REASONS = {  # RFC 3261 §21
    100: "Trying", 180: "Ringing", 183: "Session Progress", 407: "Proxy Authentication Required",
    408: "Request Timeout", 415: "Unsupported Media Type", 480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    500: "Server Internal Error", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
}  # fmt: skip


class Stack(Changes):
    """`strays` are responses and bytes that belong to nothing we know; `failures` what went wrong in our tasks."""

    def __init__(
        self, address: str, transport: str, name: str, trace: Trace, t1: float, client_tls: ssl.SSLContext | None
    ):
        super().__init__()
        self.address, self.transport, self.name, self.trace, self.t1 = address, transport, name, trace, t1
        self.strays: deque[Response | bytes] = deque(maxlen=KEPT)
        self.failures: deque[BaseException] = deque(maxlen=KEPT)
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}
        self._tasks: set[asyncio.Task] = set()
        self._sockets = Transport(address, self._receive, client_tls)

    def incoming(self, request: Request, transaction: ServerTransaction) -> None:
        """A request came for the first time; it is no CANCEL."""
        raise NotImplementedError

    async def close(self) -> None:
        """End every task, transaction and socket."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for transaction in (*self._clients.values(), *self._servers.values()):
            transaction.stop()
        await self._sockets.close()

    def hop(self, target: object) -> Hop:
        """A Hop of a Hop, of `[transport:]host:port`, or of a SIP URI. Raises UriError."""
        if isinstance(target, Hop):
            return target
        match = re.fullmatch(r"(?:(udp|tcp|tls):)?([^:/]+):([0-9]+)", str(target))
        if match:
            return Hop(match[1] or self.transport, match[2], int(match[3]))
        return hop_of(str(target))

    def contact_for(self, hop: Hop, user: str = "") -> str:
        """Our Contact as someone reached over this hop's transport should use it."""
        parameter = "" if hop.transport == "udp" else f";transport={hop.transport}"
        return f"<sip:{user or self.name}@{in_uri(self.address)}:{self.port(hop.transport)}{parameter}>"

    @property
    def ports(self) -> dict[str, int]:
        """The port of each transport that we listen on."""
        return self._sockets.ports

    def port(self, transport: str = "") -> int:
        """The port that we listen on for a transport; our only one when we do not listen on that."""
        return self.ports.get(transport or self.transport) or next(iter(self.ports.values()), 5060)

    def request_of(self, method: str, uri: str, caller: str, callee: str, tag: str) -> Request:
        call_id = f"{token(12)}@{in_uri(self.address)}"
        headers = [("Max-Forwards", "70"), ("From", f"{caller};tag={tag}"), ("To", callee), ("Call-ID", call_id)]
        return Request(method, uri, headers=[*headers, ("CSeq", f"1 {method}"), ("User-Agent", "Trunkline sandbox")])

    def response(self, request: Request, code: int, reason: str = "", tag: str = "") -> Response:
        """The response of RFC 3261 §8.2.6.2."""
        reason = reason or REASONS.get(code) or (HTTPStatus(code).phrase if code in list(HTTPStatus) else "Unknown")
        response = Response(code, reason)
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            response.headers += [(name, value) for value in request.all(name)]
        if code > 100 and request.get("To") and not request.tag("To"):
            response.set("To", f"{request.get('To')};tag={tag or token()}")
        return response

    def next_attempt(self, request: Request) -> Request:
        """The same request once more: the next CSeq, no Via, no credentials."""
        again = Request(request.method, request.uri, headers=list(request.headers), body=request.body)
        for name in ("Via", "Authorization", "Proxy-Authorization"):
            again.remove(name)
        again.set("CSeq", f"{request.cseq[0] + 1} {request.method}")
        return again

    def authorize(self, request: Request, response: Response, user: str, secret: str, algorithm: str = "") -> None:
        """Add the credentials that a 401 or 407 asks for. Raises DigestError."""
        proxy = response.code == 407
        asked = response.all("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        challenge = digest.choose(asked, algorithm)
        value = digest.answer(challenge, request.method, request.uri, user, secret)
        request.add("Proxy-Authorization" if proxy else "Authorization", value)

    async def transact(
        self, request: Request, hop: Hop, *, user: str = "", secret: str = "", algorithm: str = "",
        timeout: float = 10.0, edit: Callable[[Request], object] | None = None,
    ) -> Response:  # fmt: skip
        """Send a request, answer one challenge when there are credentials, and wait for the final response."""
        response = await self._once(request, hop, timeout, edit)
        if response.code in (401, 407) and user:
            again = self.next_attempt(request)
            self.authorize(again, response, user, secret, algorithm)
            response = await self._once(again, hop, timeout, edit)
        return response

    async def _once(self, request, hop, timeout, edit) -> Response:
        finals: list[Response] = []

        def receive(response: Response) -> None:
            if response.code >= 200:
                finals.append(response)
                self.changed()

        await self.begin(request, hop, receive, edit)
        await self.until(lambda: finals, timeout, f"a response to {request.method} from {hop}")
        return finals[0]

    async def begin(self, request: Request, hop: Hop, on_response, edit=None) -> ClientTransaction:
        """Start a transaction: put a Via on the request (CANCEL has one) and send it."""
        flow = await self._sockets.flow(hop)
        if request.get("Via") is None:
            request.headers.insert(0, ("Via", self._via(hop)))
        if edit:
            edit(request)
        transaction = ClientTransaction(request, flow, self._transmit, on_response, self.t1)
        key = request.branch, request.method
        self._clients[key] = transaction
        asyncio.get_running_loop().call_later(LINGER, self._clients.pop, key, None)
        return transaction

    async def fire(self, request: Request, hop: Hop) -> None:
        """Start a transaction and do not care for its response."""
        await self.begin(request, hop, lambda response: None)

    async def send(self, request: Request, hop: Hop) -> None:
        """Send a request that has no response: the ACK of a 2xx."""
        if request.get("Via") is None:
            request.headers.insert(0, ("Via", self._via(hop)))
        self._transmit(request, await self._sockets.flow(hop))

    def _via(self, hop: Hop) -> str:
        port = self.port(hop.transport)
        return f"SIP/2.0/{hop.transport.upper()} {in_uri(self.address)}:{port};branch=z9hG4bK{token()};rport"

    def stop_listening(self) -> None:
        """Accept no TCP or TLS connection any more, as behind a NAT."""
        self._sockets.stop_listening()

    def drop_connections(self) -> None:
        """Cut every TCP and TLS connection."""
        self._sockets.drop_connections()

    def spawn(self, work: Coroutine) -> asyncio.Task:
        """Run a task of this agent; its failure is logged, kept in `failures`, and raised when the agent closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s: %s", self.name, error, exc_info=error)
            self.failures.append(error)

    def _transmit(self, message: Message | bytes, flow: Flow) -> None:
        data = bytes(message)
        self.trace.add(True, flow.remote.transport, flow.local, flow.remote[1:], data)
        flow.send(data)

    def _receive(self, data: bytes, flow: Flow) -> None:
        if not data.strip(b"\r\n\0"):
            return None  # a keep-alive, RFC 5626 §4.4.1
        self.trace.add(False, flow.remote.transport, flow.local, flow.remote[1:], data)
        try:
            message = parse(data)
        except ParseError:
            self.strays.append(data)
            return self.changed()
        if isinstance(message, Request):
            return self._request(message, flow)
        transaction = self._clients.get((message.branch, message.cseq[1]))
        if transaction:
            return transaction.receive(message)
        self.strays.append(message)
        return self.changed()

    def _request(self, request: Request, flow: Flow) -> None:
        key = server_key(request)
        known = self._servers.get(key)
        if known and request.method == "ACK":
            return known.acknowledge()
        if known:
            return known.repeated()
        self._stamp(request, flow)
        transaction = ServerTransaction(request, flow, self._transmit, self.t1)
        if request.method != "ACK":
            self._servers[key] = transaction
            asyncio.get_running_loop().call_later(LINGER, self._servers.pop, key, None)
        if request.method == "CANCEL":
            return self._cancel(request, transaction)
        return self.incoming(request, transaction)

    def _cancel(self, request: Request, transaction: ServerTransaction) -> None:
        """RFC 3261 §9.2: the INVITE that it means has the same branch."""
        invite = self._servers.get((request.branch, request.sent_by, "INVITE"))
        known = invite is not None and invite.on_cancel is not None
        transaction.respond(self.response(request, 200 if known else 481))
        if known:
            invite.on_cancel(request)

    def _stamp(self, request: Request, flow: Flow) -> None:
        """RFC 3581 §4: say where the request came from when it asks."""
        name, via = next(((n, v) for n, v in request.headers if n.lower() in ("via", "v")), ("", ""))
        if re.search(r";\s*rport\s*(?=[;,]|$)", via, re.IGNORECASE):
            place = f";received={flow.remote.host};rport={flow.remote.port}"
            stamped = re.sub(r";\s*rport\s*(?=[;,]|$)", place, via, count=1, flags=re.IGNORECASE)
            request.headers[request.headers.index((name, via))] = (name, stamped)
