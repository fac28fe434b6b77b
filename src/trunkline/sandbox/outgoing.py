"""Calls that the agent places."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO, Call, Headers
from trunkline.sandbox.dialog import Dialog
from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.party import Party
from trunkline.sandbox.transport import Hop
from trunkline.sandbox.waiting import PATIENCE


@dataclass
class Invitation:
    """What to send: `sdp` AUTO for our own offer, None for an INVITE without one, or the bytes of any body.

    `edit` changes each INVITE just before it is sent, and may break it as it likes. `reliable` offers 100rel.
    """

    uri: str
    hop: Hop
    caller: str
    callee: str
    user: str = ""
    secret: str = ""
    sdp: object = AUTO
    headers: Headers = field(default_factory=list)
    edit: Callable[[Request], object] | None = None
    algorithm: str = ""
    reliable: bool = True


class OutgoingCall(Call):
    def __init__(self, agent: Party, local_tag: str, invitation: Invitation, codecs=sdp.CODECS):
        super().__init__(agent, local_tag, codecs)
        self.invitation = invitation
        self.final_response: Response | None = None
        self._inbox: asyncio.Queue[tuple[Request, Response]] = asyncio.Queue()
        self._acks: dict[str, Request] = {}  # by To tag, to be sent again when the 2xx is
        self._early: dict[str, Dialog] = {}
        self._reliable_seen = (0, "")
        self._attempts = 0
        self._worker: asyncio.Task | None = None

    async def start(self) -> None:
        """Send the INVITE."""
        body = self.invitation.sdp
        if body is AUTO or body is None:
            await self.open_audio()
        body = self.make_offer() if body is AUTO else body or b""
        request = self.agent.request_of(
            "INVITE", self.invitation.uri, self.invitation.caller, self.invitation.callee, self.local_tag
        )
        request.add("Contact", self.agent.contact_for(self.invitation.hop))
        if not any(name.lower() == "supported" for name, _ in self.invitation.headers) and self.invitation.reliable:
            request.add("Supported", "100rel")
        request.headers += self.invitation.headers
        if body and request.get("Content-Type") is None:
            request.add("Content-Type", sdp.TYPE)
        request.body = body
        self.request = request
        self.agent.calls[self.call_id, self.local_tag] = self
        self._worker = self.agent.spawn(self._work())
        await self._send(request)

    async def _send(self, request: Request) -> None:
        self.request = request
        self._attempts += 1
        await self.agent.begin(
            request, self.invitation.hop, lambda r: self._inbox.put_nowait((request, r)), self.invitation.edit
        )

    async def _work(self) -> None:
        """Responses are handled one after the other, because some need a connection first."""
        while True:
            request, response = await self._inbox.get()
            await self._handle(request, response)
            self.changed()

    async def _handle(self, request: Request, response: Response) -> None:
        if 200 <= response.code < 300 and (ack := self._acks.get(response.tag("To"))):
            return await self.agent.send(ack, self.hop)
        self.responses.append(response)
        if response.code < 200:
            return await self._provisional(request, response)
        if response.code in (401, 407) and self._may_answer(response):
            return await self._send(self._with_credentials(request, response))
        if response.code < 300:
            await self._success(request, response)
        else:
            self.ended = True
            self.close()
        self.final_response = self.final_response or response
        return None

    def _may_answer(self, response: Response) -> bool:
        stale = any("stale=true" in value.lower().replace('"', "") for _, value in response.headers)
        return bool(self.invitation.user) and (self._attempts == 1 or (stale and self._attempts < 4))

    def _with_credentials(self, request: Request, response: Response) -> Request:
        again = self.agent.next_attempt(request)
        self.agent.authorize(again, response, self.invitation.user, self.invitation.secret, self.invitation.algorithm)
        return again

    async def _provisional(self, request: Request, response: Response) -> None:
        if tag := response.tag("To"):
            self._early.setdefault(tag, Dialog.of_client(request, response))
            self.dialog = self._early[tag]
        if response.body and self.audio and request.body:
            self.take_answer(response.body)
        sequence = response.get("RSeq")
        if sequence and "100rel" in (response.get("Require") or "") and self._reliable_seen != (sequence, tag):
            self._reliable_seen = (sequence, tag)
            prack = self.dialog.request("PRACK")
            prack.add("RAck", f"{sequence} {request.cseq[0]} INVITE")
            self.agent.spawn(self.agent.transact(prack, self.hop))

    async def _success(self, request: Request, response: Response) -> None:
        early = self._early.get(response.tag("To"))
        dialog = Dialog.of_client(request, response)
        dialog.sequence = max(dialog.sequence, early.sequence if early else 0)
        ack = dialog.request("ACK", request.cseq[0])
        first, previous, self.dialog = not self._acks, self.dialog, dialog
        if first and self.audio and response.body:
            if request.body:
                self.take_answer(response.body)
            else:
                ack.body = self.take_offer(response.body)
                ack.add("Content-Type", sdp.TYPE)
        self._acks[response.tag("To")] = ack
        await self.agent.send(ack, self.hop)
        if first:
            self.answered = True
        else:  # a second fork answered too: RFC 3261 §13.2.2.4 has us end it
            await self.agent.fire(dialog.request("BYE"), self.hop)
            self.dialog = previous

    async def final(self, timeout: float = 40.0) -> Response:
        """The final response; TimeoutError when there is none in time."""
        seen = lambda: f"a final response; came: {[r.code for r in self.responses]}"  # noqa: E731
        return await self.until(lambda: self.final_response, timeout, seen)

    async def provisional(self, code: int = 0, timeout: float = PATIENCE) -> Response:
        """The first response of this status; of any of 180 to 199 for 0."""
        wanted = range(180, 200) if not code else (code,)
        seen = lambda: f"{code or '18x'}; came: {[r.code for r in self.responses]}"  # noqa: E731
        return await self.until(lambda: next((r for r in self.responses if r.code in wanted), None), timeout, seen)

    async def cancel(self, timeout: float = PATIENCE, headers: Headers | None = None) -> Response:
        """Cancel, once anything came back (RFC 3261 §9.1); the response to the CANCEL."""
        await self.until(lambda: self.responses, timeout, "a provisional response before the CANCEL")
        return await self.agent.transact(self._cancellation(headers), self.invitation.hop, timeout=timeout)

    def _cancellation(self, headers: Headers | None = None) -> Request:
        cancel = Request("CANCEL", self.request.uri, headers=[("Via", self.request.values("Via")[0])])
        for name in ("Route", "Max-Forwards", "From", "To", "Call-ID"):
            cancel.headers += [(name, value) for value in self.request.all(name)]
        cancel.headers += [("CSeq", f"{self.request.cseq[0]} CANCEL"), *(headers or [])]
        return cancel

    async def hang_up_quietly(self) -> None:
        if not self.final_response and self.responses and not self.ended:
            self.ended = True
            await self.agent.fire(self._cancellation(), self.invitation.hop)
        await super().hang_up_quietly()

    def forget(self) -> None:
        super().forget()
        if self._worker:
            self._worker.cancel()
