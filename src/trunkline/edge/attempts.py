"""The attempts of a call, one target after the other, until one answers or none is left."""

import time

from trunkline.contract import journal
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import failover, legs
from trunkline.edge.dialog import Dialogs
from trunkline.edge.failover import AnswerChallenge, DemandLess, OfferMore, Outcome, Relay
from trunkline.edge.ksr import hiding, message, notes, relaying, relays, replies, routes, transactions
from trunkline.edge.ksr.routes import Found
from trunkline.edge.lookup import Lookup
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.plan import Attempt, Plan
from trunkline.edge.records import Records
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal

_OUT_OF_REACH = (Found.NOWHERE, Found.LOST)


class Attempts:
    """One per worker."""

    def __init__(
        self, config: EdgeConfig, lookup: Lookup, media: relaying.Relay, records: Records, neighbours: Neighbours
    ):
        self._config, self._lookup, self._media, self._records = config, lookup, media, records
        self._neighbours = neighbours
        self._dialogs = Dialogs(config.dialog_secret)

    def enter(self, plan: Plan, index: int) -> None:
        """Make attempt `index` the current one, which is to be noted before it is made."""
        failover.enter(plan, index, time.monotonic())

    def make(self, plan: Plan) -> None:
        """Make the current attempt, or those after it when it cannot even be sent."""
        while True:
            failed = self._send(plan)
            if failed is None:  # from here on the plan belongs to whichever worker handles the reply
                break
            following = self._after(plan, failed)
            if not isinstance(following, int):
                self._finish_unsent(plan, failed, following)
                break
            self._go_on(plan, following)
        self._records.catch_up()

    def _go_on(self, plan: Plan, index: int) -> None:
        self.enter(plan, index)
        self._records.entered(plan)

    def _send(self, plan: Plan) -> Outcome | None:
        """Send the INVITE; None when it is on its way."""
        attempt = plan.attempt
        notes.note_shift(0)
        notes.note_demands(softened=False)
        notes.note_direct(False)
        if attempt.carrier_id:
            notes.note_carrier(attempt.carrier_id)
        if attempt.problem:
            return Outcome(attempt.cause, 0, attempt.problem)
        if attempt.carrier_id and plan.current and not self._lookup.carrier(attempt.carrier_id):
            return Outcome("rule", 0, journal.TAKEN_AWAY)
        if (found := self._aim(attempt)) in _OUT_OF_REACH:
            return Outcome("transport", 0, found.value)
        if routes.aims_at_us():
            return Outcome("transport", 0, "it leads back to this service")
        # Plan and journal must stand before the message leaves: another worker may handle its reply at once.
        notes.keep_plan(plan.dumps(), plan.call, plan.current + 1)
        self._records.catch_up()
        self._note_route(plan, notes.legs()[0] + attempt.leg)
        return self._relay(plan)

    def _aim(self, attempt: Attempt) -> Found:
        transactions.aim(attempt.uri, attempt.next_hop if attempt.ip else "")
        self._neighbours.send_outward(attempt.transport)
        if attempt.kind != "registered":
            return Found.HERE
        return self._neighbours.find_registered(attempt.uri, directly=notes.is_direct())

    def _note_route(self, plan: Plan, both: str) -> None:
        """What later requests of this attempt's dialog must bring back."""
        plus = "+" if plan.direction == "outbound" else ""
        facts = (plan.call, plan.account_id, notes.request_offered(), plus, both)
        notes.note_legs(both)
        notes.note_route(self._dialogs.parameter(*facts, message.get("$ci"), message.get("$ft")))

    def _relay(self, plan: Plan) -> Outcome | None:
        if transactions.send(failover.budget(plan, time.monotonic())):
            return None
        if transactions.is_cancelled():  # Kamailio, which has told the caller so, sends no more
            return failover.CANCELLED
        if notes.media_failed():
            return Outcome("media", 0, "no media relay")
        return Outcome("transport", 0, "the connection was refused or failed")

    def _after(self, plan: Plan, outcome: Outcome):
        self._records.failed(plan, outcome)
        plan.failures.append(failover.words(outcome))
        carrier = self._lookup.carrier(plan.attempt.carrier_id) if plan.attempt.carrier_id else None
        credentials = bool(carrier and carrier.username)
        following = failover.after(plan, outcome, credentials, self._config.ring_timeout // 1000)
        if not isinstance(following, Relay):
            return following
        if outcome.code in failover.NOT_ACCEPTABLE:
            near = notes.legs()[0]
            offered = self._media.after_refusal(believed=near == legs.CARRIER, secure=near in legs.ENCRYPTED)
            return offered or following
        lacking = outcome.code == failover.BAD_EXTENSION and transactions.lacks_reliable_responses()
        return DemandLess() if lacking and not notes.softened() else following

    def failed(self, outcome: Outcome) -> None:
        """The current attempt of this transaction is over without an answer."""
        self._lookup.refresh()  # this process may see responses alone, as one with a carrier's connection does
        plan = Plan.loads(notes.kept_plan())
        if outcome.cause == "silence":
            outcome = self._why_silent(plan, outcome) or outcome
        if notes.rang(plan.current + 1) or notes.is_trying(plan.current + 1):
            failover.renew(plan, time.monotonic())
        if outcome.cause == "cancel":
            outcome = self._records.cancellation()
        elif self._records.is_unwanted(plan.call):
            outcome = failover.ENDED
        elif self._records.left_early(plan.call):
            outcome = failover.CANCELLED  # a callee refuses its INVITE behind the caller's BYE as it would at a CANCEL
        elif self._passes_by(plan, outcome) and self._repeated(plan):
            return
        following = self._after(plan, outcome)
        if isinstance(following, AnswerChallenge | OfferMore | DemandLess):
            plan.failures.pop()  # the same attempt goes on, as the record has it
        if isinstance(following, AnswerChallenge):
            self._authenticate(plan, outcome)
        elif isinstance(following, int):
            self._go_on(plan, following)
            self.make(plan)
        elif not isinstance(following, OfferMore | DemandLess):
            self._finish(plan, outcome, following)
            if outcome.cause == "cancel":
                transactions.terminate_refused()
        else:
            notes.note_demands(softened=isinstance(following, DemandLess) or notes.softened())
            plan.authenticated = False  # it may ask for a digest again
            if not self._repeated(plan):
                self._finish_unsent(plan, outcome, Relay())
        self._records.catch_up()

    def _passes_by(self, plan: Plan, outcome: Outcome) -> bool:
        """Whether a PBX is to be called directly, as the node that it registered at is silent: that is perhaps the only
        one that its NAT lets in, so it is asked first."""
        attempt = plan.attempt
        silent = attempt.kind == "registered" and outcome.reason == failover.NO_RESPONSE and not notes.is_direct()
        if not silent or not self._neighbours.may_reach(attempt.uri):
            return False
        notes.note_direct(True)
        return True

    def _why_silent(self, plan: Plan, outcome: Outcome) -> Outcome | None:
        attempt = plan.attempt
        if notes.rang(plan.current + 1):
            return Outcome("ring", 0, "it rang without an answer")
        if not attempt.ip or attempt.transport == "udp":
            return None
        if not routes.is_connected(attempt.ip, attempt.port):
            # The engine tells nobody: a TLS handshake that failed, or a port that speaks something else.
            return Outcome("transport", 0, "the connection ended without a response")
        if attempt.transport == "tls" and outcome.reason == failover.NO_RESPONSE:
            return Outcome("silence", 0, failover.MUTE)
        return None

    def _authenticate(self, plan: Plan, outcome: Outcome) -> None:
        """Repeat the attempt with the carrier's credentials."""
        carrier = self._lookup.carrier(plan.attempt.carrier_id)
        plan.authenticated = True
        self._records.asked_by(plan.call, plan.attempt.carrier_id)
        answered = carrier and transactions.answer_challenge(carrier.username, carrier.password)
        if not answered or not self._repeated(plan):
            self._finish_unsent(plan, outcome, refusal.credentials_demanded())

    def _repeated(self, plan: Plan) -> bool:
        """Send the INVITE of the current attempt once more; False when that cannot be done."""
        notes.note_ringing(0)  # whoever looks at an offer as it is picked up may ring once more
        notes.note_trying(0)
        notes.keep_plan(plan.dumps(), plan.call, plan.current + 1)
        # RFC 3261 §22.2: or the far side may take this for an INVITE before it, come by another way
        shift = notes.shift() + 1
        hiding.shift_cseq(shift)
        notes.note_shift(shift)
        if notes.softened():
            hiding.wish("100rel")
        if self._aim(plan.attempt) in _OUT_OF_REACH:
            return False
        return self._relay(plan) is None

    def _finish_unsent(self, plan: Plan, outcome: Outcome, end: Relay | Refusal) -> None:
        """The call ends as its next INVITE could not be sent, which may be because its caller has just left."""
        if not transactions.is_cancelled():
            self._finish(plan, outcome, end)
            return
        self._finish(plan, self._records.cancellation(), Relay())
        transactions.terminate()

    def _finish(self, plan: Plan, outcome: Outcome, end: Relay | Refusal) -> None:
        """The call's count, media and record end, and the caller gets its final response: behind them, as it may call
        again at once, and with the same Call-ID."""
        notes.note_over()
        told = None
        if isinstance(end, Refusal):
            told = end
            self._records.refused(plan.call, end)
        elif outcome.cause == "cancel":
            self._records.declined(plan.call, 487, "Request Terminated")
        else:
            told = refusal.unreadable(outcome.code) if notes.is_unreadable() else None
            self._records.declined(plan.call, outcome.code, outcome.reason)
        relays.end_media()
        if told:
            replies.final(told)
