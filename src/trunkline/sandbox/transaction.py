"""Transactions (RFC 3261 §17): retransmission over UDP, and what belongs together."""

import asyncio
from collections.abc import Callable

from trunkline.sandbox.message import Message, Request, Response
from trunkline.sandbox.transport import STREAMS, Flow

T1 = 0.5  # s; RFC 3261 §17.1.1.1
T2 = 4.0
LIFETIME = 64  # T1s until a transaction is forgotten

type Send = Callable[[Message | bytes, Flow], None]


class Repeater:
    """Does something again and again, at twice the interval each time, until it is stopped or 64·T1 are over."""

    def __init__(self, action: Callable[[], None], t1: float, longest: float):
        self._action, self._interval, self._longest = action, t1, longest
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + LIFETIME * t1
        self._timer = self._loop.call_later(t1, self._again)

    def _again(self):
        if self._loop.time() >= self._deadline:
            return
        self._action()
        if not self._stopped:  # the action itself may stop it
            self._interval = min(self._interval * 2, self._longest)
            self._timer = self._loop.call_later(self._interval, self._again)

    def stop(self):
        self._stopped = True
        self._timer.cancel()


class ClientTransaction:
    """A request on its way. Every response goes to `on_response`; repeated ones only when they are 2xx."""

    def __init__(self, request: Request, flow: Flow, send: Send, on_response: Callable[[Response], None], t1: float):
        self.request, self.flow, self._send, self._on_response = request, flow, send, on_response
        self.final: Response | None = None
        send(request, flow)
        longest = LIFETIME * t1 if request.method == "INVITE" else T2  # Timer A only doubles; Timer E stops at T2
        self._repeater = None
        if flow.remote.transport not in STREAMS:
            self._repeater = Repeater(lambda: send(request, flow), t1, longest)

    def receive(self, response: Response) -> None:
        if self._repeater and (response.code >= 200 or self.request.method == "INVITE"):
            self._repeater.stop()
        if self.request.method == "INVITE" and response.code >= 300:
            self._acknowledge(response)
        if self.final and not 200 <= response.code < 300:
            return
        if response.code >= 200:
            self.final = response
        self._on_response(response)

    def _acknowledge(self, response: Response) -> None:
        """RFC 3261 §17.1.1.3: the ACK of a refusal has the Request-URI, branch and routes of the INVITE."""
        ack = Request("ACK", self.request.uri, headers=[("Via", self.request.values("Via")[0])])
        for name in ("Route", "Max-Forwards", "From", "Call-ID"):
            ack.headers += [(name, value) for value in self.request.all(name)]
        ack.add("To", response.get("To") or "")
        ack.add("CSeq", f"{self.request.cseq[0]} ACK")
        self._send(ack, self.flow)

    def stop(self):
        if self._repeater:
            self._repeater.stop()


class ServerTransaction:
    """A request that came in; answers its repetitions with what was answered before."""

    def __init__(self, request: Request, flow: Flow, send: Send, t1: float):
        self.request, self.flow, self._send, self._t1 = request, flow, send, t1
        self.last: Response | None = None
        self.acknowledged = False
        self.on_cancel: Callable[[Request], None] | None = None
        self._repeater: Repeater | None = None

    def repeated(self) -> None:
        if self.last:
            self._send(self.last, self.flow)

    def respond(self, response: Response) -> None:
        """Send a response; a final one to INVITE is repeated until its ACK comes."""
        self.stop()
        self.last = response
        self._send(response, self.flow)
        stream = self.flow.remote.transport in STREAMS
        # RFC 3261 §13.3.1.4: a 2xx is repeated over every transport, because its ACK travels end to end.
        if self.request.method == "INVITE" and (200 <= response.code < 300 or (response.code >= 300 and not stream)):
            self._repeater = Repeater(self.repeated, self._t1, T2)

    def respond_until(self, response: Response, done: Callable[[], bool]) -> None:
        """Send a reliable provisional response (RFC 3262 §3), repeated until `done`."""
        self.respond(response)

        def again():
            if done() or self.last is not response:
                self.stop()
            else:
                self.repeated()

        self._repeater = Repeater(again, self._t1, LIFETIME * self._t1)

    def acknowledge(self) -> None:
        self.acknowledged = True
        self.stop()

    def stop(self) -> None:
        if self._repeater:
            self._repeater.stop()


def server_key(request: Request) -> tuple[str, str, str]:
    """RFC 3261 §17.2.3; the ACK of a refusal belongs to its INVITE."""
    method = "INVITE" if request.method == "ACK" else request.method
    return request.branch or f"{request.call_id} {request.cseq[0]}", request.sent_by, method
