"""Whose fault it was that a call came to nothing: what `sip.status` says of the code that decided it."""

from collections.abc import Mapping, Sequence

from trunkline.control.calls import ending
from trunkline.control.calls.models import REJECTED, Attempt, Call
from trunkline.sip import refusal, status
from trunkline.sip.number import e164
from trunkline.sip.status import Fault

_BY_CAUSE: Mapping[str, Fault] = {  # contract.journal.CAUSES but 'reply', which has a code
    "silence": "target",
    "transport": "target",
    "dns": "target",
    "rule": "trunk",
    "ring": "callee",
    "cancel": "nobody",
    "order": "trunk",
    "media": "trunk",
    "unreadable": "target",
}
_OUTAGES = ("silence", "transport", "dns")

WORDS: Mapping[Fault, str] = {
    "nobody": "nobody's",
    "caller": "the caller's",
    "callee": "the called party's",
    "trunk": "this service's",
    "target": "the receiving carrier's or PBX's",
    "origin": "the sending carrier's",
}
_DISABLED = refusal.carrier_disabled().warning
_LIMIT = "a limit's that this service sets"
# The number may be one that the operator has bought and given to nobody, the address a carrier's: no record can tell.
_UNASSIGNED = "the sending carrier's, or this service's"
_TARGETS = {"carrier": "the carrier's", "uri": "the PBX's", "registered": "the PBX's"}  # by an attempt's kind
_WHY = {  # contract.journal.CAUSES but 'reply' -> what the target did
    "silence": "{} gave no response in time",
    "transport": "{} could not be reached",
    "dns": "{} could not be found",
    "rule": "{} was not called, because of its rules here",
    "ring": "{} rang until the time was over, and nobody answered",
    "cancel": "the caller gave up",
    "order": "whoever runs it ended the call",
    "media": "{} was not called, as there was no media relay",
    "unreadable": "{} answered with what is not valid SIP: a line, its tag, Contact or Record-Route cannot be read",
}
_SILENCES = ("no response in time", "no more than 100")  # how edge.failover tells them apart
_UNHEARD = "Nothing more was heard of this call"  # which nobody told the caller, with whatever code
_BEFORE = 3  # failures before the last one that are told


def of(call: Call, attempts: Sequence[Attempt]) -> Fault | None:
    """None while the call is not over, and when it was answered and its parties ended it. `attempts` in order; the last
    one decides."""
    if call.answered:
        return ending.fault(call)
    if call.refused is None or call.code is None:
        return None
    last = _last(call, attempts)
    if last and last.code:
        return of_attempt(last)
    if call.outcome == REJECTED and call.code == 404 and call.direction == "outbound" and e164(call.called):
        return "trunk"  # the number is one; there is no route for it
    if call.outcome == REJECTED and (refusal.is_limit(call.warning) or call.warning == _DISABLED):
        return "trunk"
    ours = (last and of_attempt(last)) or status.of(call.code).ours
    return "origin" if ours == "caller" and call.direction == "inbound" else ours


def of_attempt(attempt: Attempt) -> Fault | None:
    """None while it is not over, or when nobody said how it ended."""
    if not attempt.code or attempt.cause == "cancel":
        return _BY_CAUSE.get(attempt.cause)
    row = status.of(attempt.code)
    return row.carrier if attempt.kind == "carrier" else row.pbx


def is_outage(attempt: Attempt) -> bool:
    """Whether the target was not there, or not able: what it does to every call, whoever calls whom."""
    return status.of(attempt.code).fails_over if attempt.code else attempt.cause in _OUTAGES


def in_words(call: Call, attempts: Sequence[Attempt]) -> str:
    """Whose fault it was and why, naming the target: `the carrier's: telco said 503 Service Unavailable`."""
    whose = of(call, attempts)
    if whose is None:
        return ending.silence(call)
    if call.answered:
        return f"{_party(whose, attempts[-1:])}: {ending.in_words(call)}"
    last = _last(call, attempts)
    if last and (last.code or last.cause):
        return f"{_party(whose, [last])}: {why(last)}{_after(attempts[:-1])}"
    if whose == "trunk" and refusal.is_limit(call.warning):
        return f"{_LIMIT}: {call.warning}"
    if whose == "origin" and call.code in (404, 407) and e164(call.called):
        return f"{_UNASSIGNED}: {_our_words(call)}"
    return f"{WORDS[whose]}: {_our_words(call)}"


def _party(whose: Fault, attempts: Sequence[Attempt]) -> str:
    if whose == "target" and attempts:
        return _TARGETS.get(attempts[0].kind, WORDS[whose])
    return WORDS[whose]


def _after(before: Sequence[Attempt]) -> str:
    """What became of the targets that were tried first: they are no less to blame."""
    if not before:
        return ""
    told = [why(attempt) for attempt in before[-_BEFORE:] if attempt.code or attempt.cause]
    more = len(before) - len(told)
    return f", after {', '.join([f'{more} more', *told] if more else told)}" if told else ""


def _last(call: Call, attempts: Sequence[Attempt]) -> Attempt | None:
    return attempts[-1] if attempts and call.outcome != REJECTED else None


def why(attempt: Attempt) -> str:
    """What an attempt came to: `telco said 503 Service Unavailable: no circuit available (Q.850 cause 34)`."""
    target = attempt.target or f"target {attempt.n}"
    if attempt.code and attempt.cause != "cancel":
        said = f"{target} said {attempt.code} {attempt.reason}".rstrip()
        return f"{said}: {attempt.said}" if attempt.said else said
    if attempt.cause == "silence" and attempt.reason.startswith(_SILENCES):
        return f"{target} gave {attempt.reason}"
    words = _WHY.get(attempt.cause, "{} failed").format(target)
    if attempt.cause == "cancel" and attempt.said:
        return f"{words}: {attempt.said}"
    detailed = attempt.reason and attempt.cause in ("transport", "dns", "rule")
    return f"{words} ({attempt.reason})" if detailed else words


def _our_words(call: Call) -> str:
    if call.code == 487:
        return _WHY["cancel"]
    if not call.warning and call.reason.startswith(_UNHEARD):
        return call.reason
    return call.warning or f"{call.code} {call.reason}".rstrip()
