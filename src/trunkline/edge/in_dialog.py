"""A request within a dialog that its Route has proven: no lookup, no memory of the call."""

from collections.abc import Callable

from trunkline.contract import clearing
from trunkline.contract.edge_config import EdgeConfig
from trunkline.contract.endings import NO_RELAY, UNUSABLE_ACK
from trunkline.edge import legs, media
from trunkline.edge.dialog import Dialog, name
from trunkline.edge.ksr import awake, contacts, hiding, message, notes, relaying, replies, routes, transactions
from trunkline.edge.lookup import Lookup
from trunkline.edge.onward import Onward
from trunkline.edge.records import Records
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal

NO_SUCH_METHOD = (405, 501)
NO_SUCH_CALL = 481
CHALLENGES = (401, 407)


class InDialog:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, relay: relaying.Relay, records: Records, onward: Onward):
        self._config, self._lookup, self._relay, self._records = config, lookup, relay, records
        self._onward = onward

    def forward(self, method: str, dialog: Dialog) -> None:
        if self._is_foreign(method, dialog):
            self._refuse(refusal.unknown_dialog())
            return
        if transactions.is_copy(method):
            return  # or its offer would be made once more, behind its answer
        if words := message.contact_fault():
            if method not in ("ACK", "BYE"):
                self._refuse(refusal.malformed(words))
                return
            hiding.remove_contact()
        elif method not in ("INVITE", "UPDATE"):
            contacts.leave_behind_odd()
        # Before anything is noted of the call: bytes that are no UTF-8 end it here, with a 400 (`main`).
        names = [name(message.user_part(user), dialog.plus, self._config.domain) for user in ("$fU", "$tU")]
        contacts.leave_behind_odd_routes()
        routes.follow_contact(to_caller=message.get("$ft") != dialog.caller_tag)
        near, far = dialog.legs_from(message.get("$ft"))
        if far == legs.CARRIER and method != "ACK":
            notes.note_carrier(self._records.carrier(dialog.call))  # before its end is noted
        notes.note_shift(dialog.shift)
        if dialog.shift:
            hiding.shift_cseq(dialog.shift)
        if method == "BYE":
            self._bye(dialog)
        elif method == "ACK":
            if message.get("$ft") == dialog.caller_tag:
                self._records.confirmed(dialog.call)
        elif method in ("INVITE", "UPDATE"):
            contacts.lead_back()
            if near != legs.CARRIER and message.get("$ft") == dialog.caller_tag:
                awake.note()
        elif method == "INFO" and (digit := self._relay.digit()):
            if transactions.begin():  # an INFO that comes twice is one digit
                self._dial(digit)
            return
        has_sdp = message.has_sdp()
        refused = self._carry_body(method, dialog, near, far, has_sdp)
        if refused and method != "ACK":
            self._refuse(refused)
            return
        hiding.hide(*names)
        if method != "ACK":
            notes.note_offer(has_sdp)
            notes.note_legs(near + far)
            notes.note_call(dialog.call)
        ends = method == "BYE" and self._records.is_over(dialog)  # and not a fork's leg, beside a call that is up
        if ends:
            transactions.expect_end()
        elif method == "UPDATE" or (method == "INVITE" and has_sdp) or (far == legs.CARRIER and method != "ACK"):
            transactions.expect_refusal()
        callback = "ksr_dialog_reply" if method in ("INVITE", "UPDATE", "PRACK") else "ksr_hidden_reply"
        if refused := self._onward.relay(callback):
            self._take_back(method)
            if ends:
                self._records.unheard(dialog.call)
            replies.refuse(refused)

    @staticmethod
    def _refuse(why: Refusal) -> None:
        transactions.own()
        replies.refuse(why)

    def dial_again(self) -> None:
        """A digit has waited for its sender's audio."""
        if digit := self._relay.digit():
            self._dial(digit)

    def _dial(self, digit: tuple[str, int]) -> None:
        """Some dial as soon as they are answered, before their audio flows: the relay has nowhere to put it then."""
        fate = self._relay.play(digit)
        if fate == "played":
            replies.accept()
        elif fate == "lost":
            replies.final(refusal.media_unavailable())
        elif not transactions.wait_for_audio():
            replies.final(refusal.digit_without_audio())

    def refused(self) -> None:
        """A request was refused: what it offered, or what only refreshes the session.

        A far side that has no UPDATE at all cannot be refreshed by one, nor does it count on it; the sender of one may
        have nothing else (Skype for Business), and must not end the call for that.
        """
        code, *_ = transactions.failed_reply()
        if self._authenticated(code, transactions.expect_refusal):
            return
        method = message.method()
        if not self._take_back(method) and code in NO_SUCH_METHOD and method == "UPDATE":
            replies.refreshed()

    def _take_back(self, method: str) -> bool:
        """Whether a request that is refused had an offer: then the media goes on as it was agreed on before."""
        offered = notes.request_offered() and method in ("INVITE", "UPDATE")
        if offered:
            self._relay.restore()
        return offered

    def bye_refused(self) -> None:
        """The far side may be in the call still, which nobody counts any more, and at the operator's expense."""
        code, *_ = transactions.failed_reply()
        if not self._authenticated(code, transactions.expect_end) and code != NO_SUCH_CALL:
            self._records.unheard(notes.current_attempt()[0])

    def _authenticated(self, code: int, expect: Callable[[], None]) -> bool:
        """Whether the request is on its way again, with the credentials of a carrier that demands them within calls.

        They go to nowhere but to the address of this call's own carrier: the other party wrote where this request goes,
        and by an answer to a challenge of its own it could call by a carrier past us. The CSeq stays, against RFC 3261
        §22.2: the ACK of a re-INVITE and what follows count on from what their sender wrote, who knows nothing of it.
        """
        carrier_id = notes.carrier()
        if code not in CHALLENGES or not carrier_id:
            return False
        self._lookup.refresh()
        carrier = self._lookup.carrier(carrier_id)
        if not (carrier and carrier.username and self._lookup.is_at(carrier, routes.next_host())):
            return False
        if not transactions.answer_challenge(carrier.username, carrier.password):
            return False
        notes.note_carrier(0)  # once is enough: a second challenge says that they are wrong
        expect()
        return transactions.repeat()

    def _is_foreign(self, method: str, dialog: Dialog) -> bool:
        """Whether a request is not of those who talk, or would let them talk on when the call is over: unrecorded. ACK
        and BYE may be of any leg of the call."""
        tags = message.get("$ft"), message.get("$tt")
        if dialog.caller_tag not in tags:
            return True
        if method in ("ACK", "BYE"):
            return False
        if not self._records.is_between(dialog, *tags):
            return True
        return method in ("INVITE", "UPDATE", "PRACK") and self._records.is_over(dialog)

    def _bye(self, dialog: Dialog) -> None:
        """The media is let go by the node, once it has read that the call is over (`node/clear.py`)."""
        reason, seal = message.text("$hdr(Reason)"), message.text(f"$hdr({clearing.HEADER})")
        if seal and clearing.is_sealed(self._config.dialog_secret, dialog.call, reason, seal):
            self._records.cleared(dialog, clearing.words(reason))
        else:
            self._records.ended(dialog, message.get("$ft"), message.get("$tt"), reason or None, routes.way())

    def _carry_body(self, method: str, dialog: Dialog, near: str, far: str, has_sdp: bool) -> Refusal | None:
        """Have the body say what the far side may know, or say why it is refused, which an ACK cannot be."""
        step = media.request_step(method, dialog.offered)
        if has_sdp and step:
            return self._take_media(method, step, dialog, near, far)
        if step and message.has_body() and method != "ACK":
            return refusal.unknown_body(message.text("$cT"))
        # Nobody expects an SDP in this method, or another body in that, and it tells of its sender.
        if has_sdp or step or message.has_surplus():
            hiding.remove_body()
        return None

    def _take_media(self, method: str, step: media.Step, dialog: Dialog, near: str, far: str) -> Refusal | None:
        """Anchor the description of an in-dialog request from one leg to the other; each keeps its profile."""
        # Its tag alone does not make a carrier: the other party knows it too.
        believed = near == legs.CARRIER and self._is_carrier(message.get("$si"), message.get("$sp"))
        if step == "offer":
            offer = self._relay.take_offer(believed=believed, secure=near in legs.ENCRYPTED)
            refused = offer if isinstance(offer, Refusal) else legs.later_offer(offer.sdp, near)
            if refused:
                return refused
        elif near in legs.ENCRYPTED and (fault := legs.fault(self._relay.carried(), near)):
            self._relay.refuse_audio()
            self._records.cut(dialog.call, fault)
            return refusal.unusable_srtp(fault)
        anchored = self._relay.anchor(step, legs.flags(step, far), believed=believed, again=legs.flags("offer", near))
        if method == "ACK" and (self._relay.unusable or not anchored) and self._is_late_answer(dialog):
            unusable = f"{UNUSABLE_ACK}: {self._relay.unusable}"
            self._records.cut(dialog.call, unusable if self._relay.unusable else NO_RELAY)
        return None if anchored else refusal.media_unavailable()

    @staticmethod
    def _is_late_answer(dialog: Dialog) -> bool:
        """Whether an ACK with a description has that of a caller whose INVITE had none."""
        return not dialog.offered and message.get("$ft") == dialog.caller_tag

    def _is_carrier(self, ip: str, port: int) -> bool:
        self._lookup.refresh()
        return self._lookup.leads_to_carrier(ip, port)
