"""Whose fault it was that a call came to nothing: what `sip.status` says of the code that decided it."""

from collections.abc import Mapping, Sequence

from trunkline.control.calls.models import REJECTED, Attempt, Call
from trunkline.sip import status
from trunkline.sip.number import e164
from trunkline.sip.status import Fault

_BY_CAUSE: Mapping[str, Fault] = {  # contract.journal.CAUSES but 'reply', which has a code
    "silence": "target",
    "transport": "target",
    "dns": "target",
    "ring": "callee",
    "cancel": "nobody",
    "media": "trunk",
    "unreadable": "target",
}

WORDS: Mapping[Fault, str] = {
    "nobody": "nobody's",
    "caller": "the caller's",
    "callee": "the called party's",
    "trunk": "this service's, or a limit that it sets",
    "target": "the carrier's or PBX's that the call was sent to",
}
_TARGETS = {"carrier": "the carrier's", "uri": "the PBX's", "registered": "the PBX's"}  # by an attempt's kind
_WHY = {  # contract.journal.CAUSES but 'reply' -> what the target did
    "silence": "{} gave no response in time",
    "transport": "{} could not be reached",
    "dns": "{} has no address",
    "ring": "{} rang to the end of the time, and nobody answered",
    "cancel": "the caller gave up",
    "media": "{} was not called, as there was no media relay",
    "unreadable": "{} answered with what is not SIP: a line that is no header field, or no UTF-8",
}


def of(call: Call, attempts: Sequence[Attempt]) -> Fault | None:
    """None while the call is not over, and when it was answered. `attempts` in order; the last one decides."""
    if call.refused is None or call.code is None:
        return None
    last = _last(call, attempts)
    if last and last.code:
        return of_attempt(last)
    if call.outcome == REJECTED and call.code == 404 and call.direction == "outbound" and e164(call.called):
        return "trunk"  # the number is one; there is no route for it
    return (last and of_attempt(last)) or status.of(call.code).ours


def of_attempt(attempt: Attempt) -> Fault | None:
    """None while it is not over, or when nobody said how it ended."""
    return status.of(attempt.code).fault if attempt.code else _BY_CAUSE.get(attempt.cause)


def in_words(call: Call, attempts: Sequence[Attempt]) -> str:
    """Whose fault it was and why, naming the target: `the carrier's: telco said 503 Service Unavailable`."""
    whose = of(call, attempts)
    if whose is None:
        return ""
    last = _last(call, attempts)
    party = WORDS[whose] if whose != "target" or not last else _TARGETS.get(last.kind, WORDS[whose])
    return f"{party}: {why(last) if last and (last.code or last.cause) else _our_words(call)}"


def _last(call: Call, attempts: Sequence[Attempt]) -> Attempt | None:
    return attempts[-1] if attempts and call.outcome != REJECTED else None


def why(attempt: Attempt) -> str:
    """What an attempt came to: `telco said 503 Service Unavailable`."""
    target = attempt.target or f"target {attempt.n}"
    if attempt.code and attempt.cause != "cancel":
        return f"{target} said {attempt.code} {attempt.reason}".rstrip()
    words = _WHY.get(attempt.cause, "{} failed").format(target)
    detailed = attempt.reason and attempt.cause in ("transport", "dns")
    return f"{words} ({attempt.reason})" if detailed else words


def _our_words(call: Call) -> str:
    if call.code == 487:
        return _WHY["cancel"]
    return call.warning or f"{call.code} {call.reason}".rstrip()
