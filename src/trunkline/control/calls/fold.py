"""From the journal's events to the record of a call, whatever their order, and however often they come.

Each kind of event owns some columns. Where two events could claim one column, a rule that does not depend on
which came first decides: an answer beats a refusal, and the caller keeps the earlier of two refusals; an attempt
keeps the later of two failures, as a carrier's challenge is one that is followed by another try.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from trunkline.contract.endings import UNHEARD, UNHEARD_TOO
from trunkline.contract.journal import Event
from trunkline.control.calls import quality
from trunkline.control.calls.models import ANSWERED, CANCELLED, FAILED, OPEN, REJECTED, Attempt, Call
from trunkline.sip.number import e164

_REASON = 255  # characters of a reason that are kept
MAX_ATTEMPTS = 1_000  # more than any list of targets allows; a greater n is a damaged line
# PostgreSQL keeps no NUL and no lone surrogate; JSON may spell both, and both come from strangers' SIP.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Directory:
    """What events may name: `accounts` by id and by name, to the id; `carriers` by id, to the name."""

    accounts: Mapping[int | str | None, int] = field(default_factory=dict)
    carriers: Mapping[int, str] = field(default_factory=dict)


# Why a call has ended of which no line of the journal says how; one that comes after all knows better.
LOST = "Nothing more was heard of this call: its node was lost"
UNRECORDED = "Nothing more was heard of this call: its end is not in the backup that was restored"
LOSSES = (LOST, UNRECORDED)


def moment(event: Event) -> datetime | None:
    """The event's time to the microsecond, as databases keep it; None when it is no time."""
    time = event["time"]
    if isinstance(time, bool) or not 0 <= time < 2**36:  # false for NaN as well
        return None
    return datetime.fromtimestamp(time, UTC)


def uid(event: Event) -> str:
    return _UNKEEPABLE.sub("\ufffd", event["call"])[:64]


def attempt_number(event: Event) -> int:
    """Which attempt an event is about; 0 for none."""
    n = event.get("n")
    return n if isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= MAX_ATTEMPTS else 0


def named(event: Event, field: str) -> int | str | None:
    """The id or name in a field of an event; None when there is none that could be one."""
    value = event.get(field)
    if type(value) is int and 0 < value < 2**63:
        return value
    return value if isinstance(value, str) and not _UNKEEPABLE.search(value) else None


def fold_call(call: Call, event: Event, directory: Directory) -> None:
    """Add what an event says of its call."""
    time = moment(event)
    call.started = min(call.started or time, time)
    call.node = call.node or text(event, "node", 63)
    match event["event"]:
        case "setup":
            _introduce(call, event, directory)
        case "reject":
            _introduce(call, event, directory)
            _refuse(call, event, time, rejected=True)
        case "progress":
            call.ringing = min(call.ringing or time, time)
        case "answer":
            if call.answered is None or (time, _code(event) or 0) < (call.answered, call.code or 0):
                call.answered, call.code = time, _code(event)
                call.refused, call.reason, call.warning = None, "", ""
        case "finish":
            _refuse(call, event, time, rejected=False)
        case "end":
            _hang_up(call, (time, text(event, "by", 16), text(event, "reason", _REASON)))
        case "quality":
            quality.fold(call, event)
    call.outcome = _outcome(call)
    both = call.answered and call.hung_up
    call.duration = max(0.0, (call.hung_up - call.answered).total_seconds()) if both else None


def fold_attempt(attempt: Attempt, event: Event) -> None:
    """Add what an event says of its attempt."""
    time = moment(event)
    match event["event"]:
        case "attempt":
            if attempt.started is None or time < attempt.started:
                attempt.started, attempt.kind = time, text(event, "kind", 16)
                attempt.target, attempt.address = text(event, "target", 255), text(event, "address", 64)
                attempt.number, attempt.media = text(event, "number", 64), text(event, "media", 8)
        case "progress":
            attempt.ringing = min(attempt.ringing or time, time)
        case "failed" | "answer":
            _end_attempt(attempt, event, time)


def _introduce(call: Call, event: Event, directory: Directory) -> None:
    """Who calls whom: a call has one event that says so, and a field that it leaves out stays as it is."""
    for name, width in (
        ("direction", 8),
        ("key", 32),
        ("caller", 64),
        ("called", 64),
        ("source", 64),
        ("call_id", 255),
        ("far_call_id", 342),
        ("media", 8),
    ):
        setattr(call, name, text(event, name, width) or getattr(call, name))
    # A call that was refused early has them as they came: '+44…'. All calls of a number are found by one spelling.
    call.caller, call.called = e164(call.caller) or call.caller, e164(call.called) or call.called
    carrier = directory.carriers.get(event["carrier"]) if isinstance(event.get("carrier"), int) else None
    call.carrier = carrier or text(event, "carrier", 63) or call.carrier
    call.account_id = directory.accounts.get(named(event, "account")) or call.account_id
    call.owner_id = directory.accounts.get(named(event, "owner")) or call.owner_id


def _refuse(call: Call, event: Event, time: datetime, rejected: bool) -> None:
    if call.answered:
        return
    code, reason, warning = _code(event), text(event, "reason", 255), text(event, "warning", 255)
    known = (call.refused, call.code or 0, call.reason, call.warning, call.outcome == REJECTED)
    if call.refused and call.reason not in LOSSES and known <= (time, code or 0, reason, warning, rejected):
        return
    call.refused, call.code, call.reason, call.warning = time, code, reason, warning
    call.outcome = REJECTED if rejected else OPEN


def _hang_up(call: Call, end: tuple[datetime, str, str]) -> None:
    """Add an end: when, by whom, and why. The first one counts; that it was not heard of is told by another, and kept
    behind its reason."""
    unheard = end[2] == UNHEARD or call.hung_up_reason.endswith(UNHEARD)
    known = (call.hung_up, call.hung_up_by, call.hung_up_reason)
    if call.hung_up is None or call.hung_up_reason in LOSSES or end < known:
        call.hung_up, call.hung_up_by, call.hung_up_reason = end
    if unheard and not call.hung_up_reason.endswith(UNHEARD):
        said = call.hung_up_reason[: _REASON - len(UNHEARD_TOO)]
        call.hung_up_reason = f"{said}{UNHEARD_TOO}" if said else UNHEARD


def _outcome(call: Call) -> str:
    if call.answered:
        return ANSWERED if call.hung_up else OPEN
    if call.refused is None:
        # A BYE takes a dialog, so there was an answer, whose line has not come; the edge also ends calls without one.
        return OPEN if not call.hung_up else FAILED if call.hung_up_by == "edge" else ANSWERED
    if call.outcome == REJECTED:
        return REJECTED
    return CANCELLED if call.code == 487 else FAILED  # RFC 3261 §21.4.25: Request Terminated


def _end_attempt(attempt: Attempt, event: Event, time: datetime) -> None:
    answered = 200 <= (attempt.code or 0) <= 299  # only an answer has such a code
    answers = event["event"] == "answer"
    code, reason, cause = _code(event) or 0, text(event, "reason", 255), text(event, "cause", 16)
    said = text(event, "said", 255)
    if attempt.ended is not None:
        if answered != answers:
            better = answers
        else:
            found, known = (
                (time, code, reason, cause, said),
                (attempt.ended, attempt.code or 0, attempt.reason, attempt.cause, attempt.said),
            )
            better = found < known if answers else found > known
        if not better:
            return
    attempt.ended, attempt.code, attempt.reason, attempt.cause, attempt.said = time, code or None, reason, cause, said


def text(event: Mapping[str, object], field: str, width: int) -> str:
    value = event.get(field)
    if value is None or isinstance(value, bool | list | dict):
        return ""
    return _UNKEEPABLE.sub("\ufffd", str(value))[:width]


def _code(event: Event) -> int | None:
    value = event.get("code")
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 699 else None
