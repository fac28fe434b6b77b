"""Calls: what both ends share, from the first dialog to the BYE."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from trunkline.sandbox import sdp
from trunkline.sandbox.dialog import Dialog
from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.party import Party
from trunkline.sandbox.rtp import RtpSession
from trunkline.sandbox.srtp import new_key
from trunkline.sandbox.stack import LINGER
from trunkline.sandbox.transaction import ServerTransaction
from trunkline.sandbox.waiting import PATIENCE, Changes

AUTO = object()  # for an SDP: make the offer or answer that fits

type Headers = list[tuple[str, str]]


class Call(Changes):
    """One call of an agent. `responses` are those to the INVITE, `requests` those that came within the dialog.

    Requests within the dialog are answered at once (a re-INVITE or UPDATE with an answer to its offer) and kept
    for `next_request`, unless `respond` returns another response for them.
    """

    def __init__(self, agent: Party, local_tag: str, codecs=sdp.CODECS):
        super().__init__()
        self.agent, self.local_tag, self.codecs, self.srtp = agent, local_tag, codecs, agent.srtp
        self.request: Request | None = None  # the newest INVITE that began it
        self.dialog: Dialog | None = None
        self.audio: RtpSession | None = None
        self.remote_audio: sdp.Audio | None = None
        self.responses: list[Response] = []
        self.requests: list[Request] = []
        self.respond: Callable[[Request], Response | None] | None = None
        self.answered = self.ended = False
        self.local_sdp = b""
        self.key = new_key()  # for SRTP, which is offered when the agent says so, and answered when it is offered
        self._closed = False
        self._taken = 0
        self._version = 0
        self._invites: dict[int, ServerTransaction] = {}  # by CSeq, until their ACK

    @property
    def call_id(self) -> str:
        return self.request.call_id if self.request else ""

    @property
    def response(self) -> Response | None:
        """The newest response to the INVITE."""
        return self.responses[-1] if self.responses else None

    @property
    def code(self) -> int:
        """The status of the newest response; 0 before there is one."""
        return self.response.code if self.response else 0

    @property
    def reason(self) -> str:
        return self.response.reason if self.response else ""

    @property
    def warning(self) -> str:
        return self.response.warning if self.response else ""

    async def open_audio(self) -> RtpSession:
        if self.audio is None:
            self.audio = await RtpSession.open(self.agent.media_address or self.agent.address)
        return self.audio

    def make_offer(self, direction: str = "sendrecv") -> bytes:
        """Our offer; `open_audio` must have been called."""
        self._version += 1
        self.local_sdp = sdp.offer(
            *self.audio.address, self.codecs, direction, self._version, self.key if self.srtp else ""
        )
        return self.local_sdp

    def take_offer(self, body: bytes) -> bytes:
        """Connect the audio to an offer and return our answer. Raises SdpError."""
        offered = sdp.parse(body)
        self.srtp = offered.is_secure
        self._version += 1
        self.local_sdp = sdp.answer(offered, *self.audio.address, self.codecs, self._version, self.key)
        self._connect(replace(offered, payloads=offered.among(self.codecs)))
        return self.local_sdp

    def take_answer(self, body: bytes) -> None:
        """Connect the audio to the answer to our offer. Raises SdpError."""
        self._connect(sdp.parse(body))

    def _connect(self, remote: sdp.Audio) -> None:
        self.remote_audio = remote
        if self.audio and remote.codec:
            send = remote.direction in ("sendrecv", "recvonly") and remote.address not in ("0.0.0.0", "::")
            self.audio.secure((self.key, remote.keys[0][1]) if remote.is_secure and remote.keys else None)
            address = self.agent.media_behind.get(remote.address, remote.address)
            self.audio.connect(address, remote.port, remote.codec, remote.event, send=send)

    async def send(
        self, method: str, body: bytes = b"", headers: Headers | None = None, *, timeout: float = 10.0, edit=None
    ) -> Response:
        """Send a request within the dialog and wait for its final response; an INVITE's 2xx is acknowledged."""
        request = self.dialog.request(method)
        request.headers += [("Contact", self.agent.contact_for(self.hop))] if method in ("INVITE", "UPDATE") else []
        request.headers += headers or []
        request.body = body
        response = await self.agent.transact(request, self.hop, timeout=timeout, edit=edit)
        if method in ("INVITE", "UPDATE") and 200 <= response.code < 300:
            self.dialog.refresh(response)
            if method == "INVITE":
                await self.agent.send(self.dialog.request("ACK", request.cseq[0]), self.hop)
        return response

    @property
    def hop(self):
        return self.agent.hop(self.dialog.next_hop)

    async def reinvite(self, direction: str = "sendrecv", timeout: float = 10.0) -> Response:
        """Offer again, e.g. `sendonly` to hold; the audio follows the answer."""
        return await self._offer_again("INVITE", direction, timeout)

    async def update(self, direction: str = "sendrecv", timeout: float = 10.0) -> Response:
        """The same by UPDATE (RFC 3311), also before the answer."""
        return await self._offer_again("UPDATE", direction, timeout)

    async def _offer_again(self, method: str, direction: str, timeout: float) -> Response:
        body = self.make_offer(direction)
        response = await self.send(method, body, [("Content-Type", sdp.TYPE)], timeout=timeout)
        if 200 <= response.code < 300:
            self.take_answer(response.body)
        return response

    async def info(self, body: bytes, content_type: str = "application/dtmf-relay") -> Response:
        return await self.send("INFO", body, [("Content-Type", content_type)])

    async def bye(self, headers: Headers | None = None, timeout: float = 10.0) -> Response:
        """Hang up."""
        self.ended = True
        try:
            return await self.send("BYE", headers=headers, timeout=timeout)
        finally:
            self.close()

    async def next_request(self, method: str, timeout: float = PATIENCE) -> Request:
        """The next request of a method within the dialog that was not returned yet."""

        def find() -> Request | None:
            for place in range(self._taken, len(self.requests)):
                if self.requests[place].method == method:
                    self._taken = place + 1
                    return self.requests[place]
            return None

        return await self.until(find, timeout, lambda: f"{method}; came: {[r.method for r in self.requests]}")

    async def hung_up(self, timeout: float = PATIENCE) -> Request:
        """The BYE of the far side."""
        return await self.next_request("BYE", timeout)

    def receive(self, request: Request, transaction: ServerTransaction) -> None:
        """A request within this call's dialog (not CANCEL)."""
        self.requests.append(request)
        if request.method == "ACK":
            self._acknowledged(request)
        else:
            response = self.respond(request) if self.respond else None
            if request.method == "INVITE":
                self._invites[request.cseq[0]] = transaction
            transaction.respond(response or self._default_response(request))
            if request.method == "BYE":
                self.ended = True
                self.close()
        self.changed()

    def _acknowledged(self, request: Request) -> None:
        if transaction := self._invites.pop(request.cseq[0], None):
            transaction.acknowledge()
            if not transaction.request.body and request.body and self.audio:
                self.take_answer(request.body)  # the INVITE had no offer, so the 2xx had it

    def _default_response(self, request: Request) -> Response:
        response = self.agent.response(request, 200)
        if request.method in ("INVITE", "UPDATE"):
            self.dialog.refresh(request)
            response.add("Contact", self.agent.contact_for(self.hop))
            if self.audio and (request.body or request.method == "INVITE"):
                try:
                    response.body = self.take_offer(request.body) if request.body else self.make_offer()
                except sdp.SdpError as error:
                    refusal = self.agent.response(request, 488)
                    refusal.add("Warning", f'399 {self.agent.address} "{error}"')
                    return refusal
                response.add("Content-Type", sdp.TYPE)
        return response

    async def hang_up_quietly(self) -> None:
        """End the call whatever its state, without waiting: for an agent that closes."""
        if self.answered and not self.ended:
            self.ended = True
            await self.agent.fire(self.dialog.request("BYE"), self.hop)
        self.close()

    def close(self) -> None:
        """Free the audio's port. What was heard stays; late repetitions still find the call for a while."""
        if self.audio:
            self.audio.close()
        for transaction in self._invites.values():
            transaction.stop()
        if not self._closed:
            self._closed = True
            asyncio.get_running_loop().call_later(LINGER, self.forget)

    def forget(self) -> None:
        """The agent need not know this call any longer."""
        self.agent.calls.pop((self.call_id, self.local_tag), None)

    async def sleep_until_ended(self, timeout: float) -> bool:
        """Wait for the end of the call, at most `timeout` s; whether it ended."""
        try:
            await self.until(lambda: self.ended, timeout, "the end of the call")
        except TimeoutError:
            return False
        return True
