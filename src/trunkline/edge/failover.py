"""What follows when an attempt is over without an answer: the next one, the reply as it is, or our own refusal."""

from dataclasses import dataclass

from trunkline.contract.endings import ORDERED
from trunkline.contract.journal import GONE
from trunkline.contract.names import unfound
from trunkline.edge.plan import Attempt, Plan
from trunkline.sip import refusal, status
from trunkline.sip.refusal import Refusal

BAD_EXTENSION = 420
FLOW_FAILED = 430
TERMINATED = 487  # a record with it says that the caller gave up
NO_RESPONSE, ONLY_TRYING = "no response in time", "no more than 100 Trying in time"
MUTE = "no response in time over the connection that it accepted: perhaps TLS was never set up"
NOT_ACCEPTABLE = (415, 488, 606)  # what those answer who have none of the codecs that were offered
MIN_BUDGET = 200  # ms: less than this gives no peer a chance, so a group's last addresses get it all the same


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `cause` is one of journal.CAUSES; `code` 0 when no final response came; `said` what that
    response says besides its status line, see sip.spoken."""

    cause: str
    code: int
    reason: str
    said: str = ""


CANCELLED = Outcome("cancel", 0, "cancelled by the caller")
ENDED = Outcome("order", 0, ORDERED)


@dataclass(frozen=True, slots=True)
class Relay:
    """Give the caller the response that came."""


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """Repeat the attempt with the carrier's credentials."""


@dataclass(frozen=True, slots=True)
class OfferMore:
    """Repeat the attempt with every codec that can be transcoded."""


@dataclass(frozen=True, slots=True)
class DemandLess:
    """Repeat the attempt without the demand for reliable provisional responses (RFC 3262)."""


def after(
    plan: Plan, outcome: Outcome, has_credentials: bool, ring_seconds: int
) -> int | Relay | AnswerChallenge | Refusal:
    """The index of the next attempt, or how the call ends. `plan.failures` includes this outcome already."""
    if outcome.cause == "cancel":
        return Relay()
    if outcome.cause == "order":
        return refusal.ended_on_order()
    if outcome.cause == "ring":
        return refusal.rang_out(ring_seconds)
    if outcome.cause == "media":
        return refusal.media_unavailable()
    if outcome.cause == "reply":
        if outcome.code in (401, 407):
            if has_credentials and not plan.authenticated:
                return AnswerChallenge()
            return refusal.credentials_demanded()
        if outcome.code < 400:
            return refusal.redirected()
        if outcome.code == TERMINATED:
            return refusal.ended_unasked()
        if not status.of(outcome.code).fails_over:
            return Relay()
    following = plan.current + 1
    if outcome.reason == ONLY_TRYING and plan.attempt.carrier_id:  # it is there: its next address would take as long
        following += sum(1 for attempt in plan.attempts[following:] if attempt.group == plan.attempt.group)
    return following if following < len(plan.attempts) else exhausted(plan, outcome)


def exhausted(plan: Plan, last: Outcome) -> Refusal:
    """Nobody is left to try: the last outcome decides the code, the words tell of all."""
    detail = "; ".join(f"attempt {n}: {what}" for n, what in enumerate(plan.failures, 1))
    if plan.direction == "outbound":
        return refusal.no_carrier(detail)
    if last.cause == "reply":
        # RFC 3261 §16.7 step 6: a 503 would say that this service itself is down, and a carrier would avoid it.
        # A 430 is between our nodes alone.
        return refusal.not_taken({503: 500, FLOW_FAILED: 480}.get(last.code, last.code), detail)
    return refusal.not_taken(486 if last.cause == "silence" else 480, detail)


def words(outcome: Outcome) -> str:
    """What happened, for the other side: without a host, a reason phrase or a key of this one."""
    if outcome.cause == "reply":
        return str(outcome.code) if outcome.code != FLOW_FAILED else GONE
    return unfound(outcome.reason) if outcome.cause == "dns" else outcome.reason


def budget(plan: Plan, now: float) -> int:
    """How long, in ms, the current attempt may stay silent: an equal share of what its group has left."""
    group = plan.attempt.group
    left = sum(1 for attempt in plan.attempts[plan.current :] if attempt.group == group)
    return max(MIN_BUDGET, int((plan.deadline - now) * 1000 / left))


def enter(plan: Plan, index: int, now: float) -> Attempt:
    """Make attempt `index` the current one; a group's time starts with its first address."""
    if plan.current < 0 or plan.attempts[index].group != plan.attempt.group:
        plan.deadline = now + plan.attempts[index].timeout / 1000
    plan.current, plan.authenticated = index, False
    return plan.attempt


def renew(plan: Plan, now: float) -> None:
    """The current attempt has rung, or is a carrier's that said 100, which has ended its group's time: what follows in
    the group has all of it."""
    plan.deadline = now + plan.attempt.timeout / 1000
