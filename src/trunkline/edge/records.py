"""What is kept of a call: its lines in the journal, and its count among the calls at once."""

import secrets

from trunkline.contract.endings import LOST_ACK, NO_ACK, UNHEARD
from trunkline.contract.hidden import Mask
from trunkline.edge import legs
from trunkline.edge.dialog import Dialog
from trunkline.edge.failover import Outcome
from trunkline.edge.journal import Journal
from trunkline.edge.ksr import ends, message, notes, relaying, relays, transactions
from trunkline.edge.lookup import Account
from trunkline.edge.outbound import Permitted
from trunkline.edge.plan import Plan
from trunkline.edge.standing import Standing
from trunkline.sip import refusal, spoken
from trunkline.sip.refusal import Refusal

LONGEST_WORDS = 255  # characters that a record keeps of what a party says


class Records:
    """One per worker. What a method notes is on the disk when it returns, unless it says otherwise."""

    def __init__(self, journal: Journal, standing: Standing, mask: Mask):
        self._journal, self._standing, self._mask = journal, standing, mask

    def catch_up(self) -> None:
        """Write the lines that are noted, and those that a full disk has not taken yet."""
        self._journal.flush()

    def rejected(self, why: Refusal, direction: str, facts: dict) -> None:
        """A call was refused before any attempt."""
        facts = facts | {"code": why.code, "reason": why.reason, "warning": why.warning}
        self._journal.note("reject", secrets.token_hex(8), direction=direction, **facts)
        self._journal.flush()

    def denied(self, key: str, denial: str, method: str, source: str) -> None:
        """Credentials of a key were not right."""
        self._journal.note("denied", "", key=key, denial=denial, method=method, source=source)
        self._journal.flush()

    def admit(self, call: Permitted, plan: Plan, payer: Account, elsewhere: int) -> Refusal | None:
        """Count a call that is about to begin; `elsewhere`: the payer's calls on other nodes."""
        if not relaying.claim():
            return refusal.call_id_in_use()
        called = call.called if call.direction == "inbound" else ""
        refused = self._standing.admit(payer, plan.call, elsewhere, called)
        if refused:
            relaying.forget()
        return refused

    def begun(self, call: Permitted, plan: Plan, facts: dict) -> bool:
        """Whether the disk has taken the call's beginning and its first attempt; if not, it counts no more."""
        if self._journal.flush():  # what waited there is of calls that are up
            owner = call.owner.id if call.owner else None
            there = self._mask.call_id(facts["call_id"])
            self._journal.note("setup", plan.call, direction=call.direction, owner=owner, far_call_id=there, **facts)
            self.entered(plan)
            if self._journal.flush():
                return True
            if self._journal.drop():  # the call's beginning went through, so its end must follow
                self.refused(plan.call, refusal.records_unavailable())
        self._standing.release(plan.call)
        relaying.forget()
        return False

    def entered(self, plan: Plan) -> None:
        """Note the plan's current attempt; `catch_up` writes it."""
        attempt = plan.attempt
        note = {"kind": attempt.kind, "target": attempt.target, "address": attempt.address or None}
        note["number"] = attempt.number or None
        self._journal.note("attempt", plan.call, n=plan.current + 1, **note, media=legs.MEDIA[attempt.leg])

    def failed(self, plan: Plan, outcome: Outcome) -> None:
        """Note that the current attempt is over without an answer; `catch_up` writes it."""
        facts = {"code": outcome.code or None, "reason": outcome.reason, "cause": outcome.cause}
        facts["said"] = outcome.said or None
        self._journal.note("failed", plan.call, n=plan.current + 1, **facts)

    def refused(self, call: str, why: Refusal) -> None:
        """Note our own final response; `catch_up` writes it."""
        self._close("finish", call, code=why.code, reason=why.reason, warning=why.warning)

    def declined(self, call: str, code: int, reason: str) -> None:
        """Note the final response of the other side that the caller got; `catch_up` writes it."""
        self._close("finish", call, code=code, reason=reason)

    def abandoned(self, call: str = "") -> None:
        """Our own code failed and the caller got 500: the call's count and record end. '': the transaction's call."""
        call = call or notes.current_attempt()[0]
        if call:
            self.refused(call, refusal.internal_error())
            self._journal.flush()

    def progressed(self, code: int, ring_timeout: int) -> None:
        """A provisional or successful response to the INVITE is about to be passed on."""
        call, n = notes.current_attempt()
        if code >= 200:
            if not notes.answered():
                notes.note_answer()
                self._standing.answered(call, message.text("$tt"), notes.carrier())
                self._journal.note("answer", call, n=n, code=code, dialog=ends.of_answer())
        elif not notes.rang(n):
            transactions.let_ring(ring_timeout)
            notes.note_ringing(n)
            self._journal.note("progress", call, n=n, code=code)
        self._journal.flush()

    def may_resume(self, dialog: Dialog) -> bool:
        """Whether an answer may be that of a call which rang when an earlier process ended."""
        return self._standing.may_resume(dialog.call, dialog.begun, message.text("$ci"))

    def resumed(self, dialog: Dialog, code: int) -> None:
        """Such an answer is about to be passed on. Nobody knows any more which attempt it is of, nor its carrier."""
        self._standing.answered(dialog.call, message.text("$tt"))
        self._journal.note("answer", dialog.call, code=code, dialog=ends.of_answer())
        self._journal.flush()

    def unreadable(self, why: Refusal) -> None:
        """The current attempt was answered, and the caller gets a refusal all the same."""
        call, n = notes.current_attempt()
        self._journal.note("failed", call, n=n, cause="unreadable")
        self.refused(call, why)
        self._journal.flush()

    def is_second(self, callee_tag: str) -> bool:
        """Whether the caller has got the answer of another callee than this one."""
        return notes.answered() and self._standing.callee(notes.current_attempt()[0]) not in (callee_tag, None)

    def is_between(self, dialog: Dialog, from_tag: str, to_tag: str) -> bool:
        """Whether these tags, of which one is the caller's, are of those who talk, or, before the answer, may do so."""
        callee = to_tag if from_tag == dialog.caller_tag else from_tag
        return self._standing.callee(dialog.call) in (callee, None)

    def carrier(self, call: str) -> int:
        """The id of the carrier that a call came from or went to; 0 for none, or where that is not known."""
        return self._standing.carrier(call)

    def asked_by(self, call: str, carrier_id: int) -> None:
        """A carrier asks for its credentials before it answers."""
        self._standing.asked_by(call, carrier_id)

    def is_over(self, dialog: Dialog) -> bool:
        """Whether the call's record is closed: then nobody talks on, unrecorded, by offering media once more."""
        return self._standing.is_over(dialog.call, dialog.begun)

    def is_closed(self) -> bool:
        """The same while a request of the call waits for its response."""
        return self._standing.is_closed(notes.current_attempt()[0])

    def ended(self, dialog: Dialog, from_tag: str, to_tag: str, reason: str | None, way: list[str]) -> None:
        """A BYE was seen. It ends the call only between those who talk: a target that was given up, or a fork whose
        answer came second, has a leg of its own, and a made-up tag would close the record and leave the call up. Before
        the answer (RFC 3261 §15 has it end an early dialog) the INVITE's own end is what counts."""
        by_caller = from_tag == dialog.caller_tag
        callee, known = to_tag if by_caller else from_tag, self._standing.callee(dialog.call)
        if known is None and self._standing.is_counted(dialog.call):
            if by_caller:
                self._standing.leave_early(dialog.call)
            return
        if known not in (callee, None):
            return
        if not by_caller and (ack := self._standing.unconfirmed(dialog.call)):
            said = f"{spoken.reason(reason)}; " if reason else ""
            reason = f"{said}{NO_ACK if ack == 'missing' else LOST_ACK}"
        self._end(dialog.call, "caller" if by_caller else "callee", reason, way)

    def unheard(self, call: str) -> None:
        """The BYE that ended a call has not ended it for the far side: the node is to do so (`node/clear.py`)."""
        if self._standing.unheard(call):
            self._journal.note("end", call, by="edge", reason=UNHEARD)
            self._journal.flush()

    def repeated(self, call: str, callee_tag: str) -> None:
        """A callee repeats its answer when the INVITE's transaction is over: it waits for the ACK, some 32 s. What a
        target that was given up sends says nothing of the call."""
        if self._standing.callee(call) in (callee_tag, None):
            self._standing.repeat_answer(call)

    def confirmed(self, call: str) -> None:
        """An ACK of the caller's is on its way to the callee."""
        self._standing.confirm(call)

    def cancelled(self) -> None:
        """A CANCEL is about to be passed on: what it says of why (RFC 3326 §3.1), as a hunt group's does, is kept."""
        if said := spoken.reason(message.text("$hdr(Reason)")):
            self._standing.give_reason(message.get("$ci"), said[:LONGEST_WORDS])

    def cancelled_unknown(self) -> None:
        """A CANCEL of no INVITE that this process knows: one that an earlier process took is not answered any more."""
        if not message.too_long():  # no call of ours has such a Call-ID, and strangers' would fill the memory
            self._standing.leave_unknown(message.text("$ci"))

    def cancellation(self) -> Outcome:
        """How the attempt of a call that was cancelled has ended."""
        return Outcome("cancel", 0, "cancelled by the caller", self._standing.reason_given(message.get("$ci")))

    def is_unwanted(self, call: str) -> bool:
        """Whether our own node ends a call that nobody has answered: whatever its attempt came to, it is the last."""
        return self._standing.is_unwanted(call)

    def left_early(self, call: str) -> bool:
        """Whether the caller has ended a call by a BYE before it was answered."""
        return self._standing.left_early(call)

    def cleared(self, dialog: Dialog, words: str) -> None:
        """Our own node ends the call."""
        self._end(dialog.call, "edge", words)

    def cut(self, call: str, reason: str) -> None:
        """End a call's record and its media ourselves: its parties are left without either."""
        self._end(call, "edge", reason)
        relays.end_media()

    def _end(self, call: str, by: str, reason: str | None, way: list[str] | None = None) -> None:
        self._close("end", call, by=by, reason=reason, way=way)
        self._journal.flush()

    def _close(self, event: str, call: str, **fields) -> None:
        """The one line that closes a call's record."""
        if self._standing.over(call):
            self._journal.note(event, call, **fields)
            self._standing.release(call)
            relaying.forget()
