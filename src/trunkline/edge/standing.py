"""How each call stands, as all workers know it: whether it counts, who answered, what its record waits for, its end.

Kept in Kamailio's shared memory, as the counts of `limits`. So a restart forgets it, and calls go on without.
"""

import time

from trunkline.contract.endings import COUNTED, UNWANTED
from trunkline.edge.limits import Counters
from trunkline.edge.lookup import Account
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal


class Standing:
    """`ring_seconds`: for which a call may ring."""

    def __init__(self, counters: Counters, ring_seconds: float):
        self._counters, self._ring_seconds = counters, ring_seconds
        self._since = int(time.time())

    def admit(self, account: Account, call: str, elsewhere: int = 0, called: str = "") -> Refusal | None:
        """Count a call that is about to start; `release` ends it. `elsewhere` is how many of the account are up on
        other nodes; `called` as in `refusal.too_many_at_once`."""
        if account.calls_per_second:
            started = self._counters.add("started", f"{account.id}:{int(time.time())}")
            if started > account.calls_per_second:
                return refusal.too_many_per_second(account.calls_per_second, called)
        active = self._counters.add("active", str(account.id))
        if account.calls_at_once and active + elsewhere > account.calls_at_once:
            self._counters.subtract("active", str(account.id))
            return refusal.too_many_at_once(account.calls_at_once, called)
        self._counters.put(COUNTED, call, str(account.id))
        return None

    def release(self, call: str) -> None:
        """The call is over. Harmless when it was released before, or when its count died with an earlier process."""
        self._counters.take("callee", call)
        if account_id := self._counters.take(COUNTED, call):
            self._counters.subtract("active", account_id)

    def over(self, call: str) -> bool:
        """Note that a call's record is closed; False when it was: two BYEs may cross, or be repeated."""
        return self._counters.add("over", call) == 1

    def unheard(self, call: str) -> bool:
        """Note that one party's BYE has not ended a call for the other; False when that was noted before."""
        return self._counters.add("over", f"{call} unheard") == 1

    def is_over(self, call: str, begun: int) -> bool:
        """Whether a call's record is closed. `begun`: Unix time, s; a call of before this process is not counted."""
        if self.is_closed(call):
            return True
        return begun > self._since and not self.is_counted(call)

    def may_resume(self, call: str, begun: int, call_id: str) -> bool:
        """Whether a call may have rung when an earlier process ended, and may be answered in this one. `begun`: Unix
        time, s."""
        if begun > self._since or not self._may_ring_still() or self.is_closed(call_id):
            return False
        return not self.is_counted(call) and not self.is_closed(call) and self.callee(call) is None

    def leave_unknown(self, call_id: str) -> None:
        """Note that the caller of such a call has left it. Later there is none, and strangers fill no table."""
        if self._may_ring_still():
            self._counters.add("over", call_id)

    def _may_ring_still(self) -> bool:
        return time.time() - self._since <= self._ring_seconds

    def is_closed(self, call: str) -> bool:
        """Whether a call's record was closed within the last minutes."""
        return bool(self._counters.get("over", call))

    def is_counted(self, call: str) -> bool:
        """Whether the call began in this process and has not been released."""
        return self._counters.get(COUNTED, call) is not None

    def answered(self, call: str, tag: str, carrier_id: int = 0) -> None:
        """Note the tag of the callee whose answer the caller has got, and the call's carrier, if it has one."""
        self._counters.put("callee", call, f"{tag} {carrier_id}")

    def asked_by(self, call: str, carrier_id: int) -> None:
        """Note the carrier that asks for its credentials: it may do so again before its answer."""
        self._counters.put("callee", call, f" {carrier_id}")

    def callee(self, call: str) -> str | None:
        """That tag; None when there was no answer yet, or it came before this process."""
        return (self._counters.get("callee", call) or "").partition(" ")[0] or None

    def carrier(self, call: str) -> int:
        """The id of that carrier; 0 for none, or while it is not known."""
        return int((self._counters.get("callee", call) or "").partition(" ")[2] or 0)

    def repeat_answer(self, call: str) -> None:
        """Note that the callee still repeats its answer, so that no ACK has reached it (RFC 3261 §13.3.1.4)."""
        if not self.unconfirmed(call):
            self._counters.put("late", f"{call} ack", "missing")

    def confirm(self, call: str) -> None:
        """An ACK of the caller's passes."""
        if self.unconfirmed(call) == "missing":
            self._counters.put("late", f"{call} ack", "passed")

    def unconfirmed(self, call: str) -> str:
        """Of a callee that repeats its answer: 'missing' or 'passed', as the ACK was; '' of one that does not."""
        return self._counters.get("late", f"{call} ack") or ""

    def give_reason(self, call_id: str, words: str) -> None:
        """Keep why a call is cancelled until its attempt is over."""
        self._counters.put("late", f"{call_id} cancel", words)

    def reason_given(self, call_id: str) -> str:
        return self._counters.get("late", f"{call_id} cancel") or ""

    def is_unwanted(self, call: str) -> bool:
        """Whether somebody wants a call ended that nobody has answered: the node notes it (`node/cancel.py`)."""
        return self._counters.get(UNWANTED, call) is not None

    def leave_early(self, call: str) -> None:
        """Note that the caller has ended the call by a BYE before it was answered."""
        self._counters.put("late", f"{call} left", "1")

    def left_early(self, call: str) -> bool:
        return self._counters.get("late", f"{call} left") is not None

    def expired(self, account_id: str) -> None:
        """A call's entry has outlived the longest call: its BYE was never seen."""
        self._counters.subtract("active", account_id)
