"""Calls that come in."""

from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO, Call, Headers
from trunkline.sandbox.dialog import Dialog, token
from trunkline.sandbox.message import Address, Request, Response
from trunkline.sandbox.party import Party
from trunkline.sandbox.transaction import ServerTransaction
from trunkline.sandbox.waiting import PATIENCE
from trunkline.sip import uri as sip_uri


class IncomingCall(Call):
    """An INVITE that waits for what we do with it. A CANCEL is answered at once, and the INVITE with 487."""

    def __init__(self, agent: Party, request: Request, transaction: ServerTransaction, codecs=sdp.CODECS):
        super().__init__(agent, token(), codecs)
        self.request, self.transaction = request, transaction
        self.dialog = Dialog.of_server(request, f"{request.get('To')};tag={self.local_tag}")
        self.cancelled: Request | None = None
        self._reliable = 0

    @property
    def user(self) -> str:
        """The user part of the Request-URI; '' when it has none or is no SIP URI."""
        try:
            return sip_uri.parse(self.request.uri).user
        except sip_uri.UriError:
            return ""

    @property
    def caller(self) -> Address:
        """The From."""
        return Address.parse(self.request.get("From") or "")

    @property
    def finished(self) -> bool:
        """Whether a final response was sent."""
        return self.code >= 200

    def trying(self) -> None:
        self._respond(self.agent.response(self.request, 100))

    async def ring(
        self, code: int = 180, *, body: object = None, reliable: bool = False, headers: Headers | None = None
    ) -> None:
        """Send a provisional response; `body` AUTO opens early media. `reliable` waits for its PRACK (RFC 3262)."""
        response = await self._with_contact(code, body, headers)
        if not reliable:
            return self._respond(response)
        self._reliable += 1
        response.headers += [("Require", "100rel"), ("RSeq", str(self._reliable))]
        expected = f"{self._reliable} {self.request.cseq[0]} INVITE"

        def confirmed() -> bool:
            return any(r.method == "PRACK" and (r.get("RAck") or "").split() == expected.split() for r in self.requests)

        self.responses.append(response)
        self.transaction.respond_until(response, confirmed)
        await self.until(confirmed, PATIENCE, f"the PRACK of {code}")
        return None

    async def answer(self, body: object = AUTO, headers: Headers | None = None, code: int = 200) -> None:
        """Answer the call: with an answer to its offer (our offer when it has none), or with any bytes.

        Raises SdpError when the offer has no codec that we speak; the call is then refused with 488.
        """
        if self.finished:
            return None
        try:
            response = await self._with_contact(code, body, headers)
        except sdp.SdpError:
            self.refuse(488)
            raise
        if self.finished:  # it was cancelled while its audio was opened
            return self.close()
        self._invites[self.request.cseq[0]] = self.transaction
        self.answered = True
        self._respond(response)
        return None

    async def confirmed(self, timeout: float = PATIENCE) -> Request:
        """The ACK of our answer."""
        return await self.next_request("ACK", timeout)

    def refuse(self, code: int, reason: str = "", headers: Headers | None = None) -> None:
        """Send a final refusal, or a redirect."""
        if self.finished:
            return
        response = self.agent.response(self.request, code, reason, self.local_tag)
        response.headers += headers or []
        self.ended = True
        self._respond(response)
        self.close()

    async def was_cancelled(self, timeout: float = PATIENCE) -> Request:
        """The CANCEL of the far side."""
        return await self.until(lambda: self.cancelled, timeout, "CANCEL")

    def cancel(self, request: Request) -> None:
        """A CANCEL came for this INVITE (RFC 3261 §9.2)."""
        self.cancelled = request
        self.refuse(487)
        self.changed()

    async def hang_up_quietly(self) -> None:
        if not self.finished:
            self.refuse(480)
        await super().hang_up_quietly()

    async def _with_contact(self, code: int, body: object, headers: Headers | None) -> Response:
        response = self.agent.response(self.request, code, "", self.local_tag)
        response.headers += [("Record-Route", route) for route in self.request.all("Record-Route")]
        response.add("Contact", self.agent.contact_for(self.transaction.flow.remote))
        response.headers += headers or []
        if body is AUTO:
            await self.open_audio()
            response.body = self._description()
        elif body:
            response.body = body
        if response.body and response.get("Content-Type") is None:
            response.add("Content-Type", sdp.TYPE)
        return response

    def _description(self) -> bytes:
        if self.local_sdp:  # the 2xx repeats what early media already said
            return self.local_sdp
        return self.take_offer(self.request.body) if self.request.body else self.make_offer()

    def _respond(self, response: Response) -> None:
        self.responses.append(response)
        self.transaction.respond(response)
        self.changed()
