"""What happened in a call, in order, and in whose words."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from trunkline.control.calls import ending
from trunkline.control.calls.models import REJECTED, Attempt, Call


class Step(NamedTuple):
    """`who` said or did it: 'caller', 'callee', 'trunkline', or an attempt's target."""

    time: datetime
    who: str
    what: str


US = "trunkline"
NO_RESPONSE = "no response in time"
_OUR_WORDS = {  # contract.journal.CAUSES but 'reply' and 'cancel' -> what the attempt came to
    "silence": "heard nothing in time, and gave up",
    "transport": "could not reach it",
    "dns": "found no address for it",
    "rule": "does not call it, because of its rules here",
    "ring": "let it ring until the time was over, and gave up",
    "order": "cancelled it",
    "media": "had no media relay for it",
    "unreadable": "could not pass its answer on: a line, its tag, Contact or Record-Route cannot be read",
}


def steps(call: Call, attempts: Iterable[Attempt]) -> list[Step]:
    """The steps that are known, by their times; those of the same moment stay in the order of a call."""
    found = [
        Step(
            call.started,
            "caller",
            f"calls {call.called or '?'} from {call.source or '?'}{_media(call.media, call.source)}",
        )
    ]
    for attempt in attempts:
        found += _attempt(attempt, call.called)
    if call.answered:
        found.append(Step(call.answered, US, f"passes the answer on: {call.code or ''}".rstrip(": ")))
    if call.refused:
        verb = "refuses the call" if call.outcome == REJECTED else "ends the call"
        found.append(Step(call.refused, US, f"{verb}: {_words(call.code, call.reason, call.warning)}"))
    if call.hung_up:
        who = US if call.hung_up_by in ("", "edge") else call.hung_up_by
        found.append(Step(call.hung_up, who, f"hangs up{_because(ending.in_words(call))}"))
    return sorted(found, key=lambda step: step.time)


def _attempt(attempt: Attempt, called: str) -> list[Step]:
    target = attempt.target or f"target {attempt.n}"
    found = []
    if attempt.started:
        address = f" at {attempt.address}" if attempt.address else ""
        number = f" for {attempt.number}" if attempt.number not in ("", called) else ""
        media = _media(attempt.media, attempt.address)
        found.append(Step(attempt.started, US, f"tries {target}{address}{number}{media}"))
    if attempt.ringing:
        found.append(Step(attempt.ringing, target, "rings"))
    if attempt.ended:
        found.append(_end(attempt, target))
    return found


def _media(media: str, address: str) -> str:
    """`address` starts with the transport, when it is known."""
    if media != "srtp":
        return ""
    readable = address and not address.startswith("tls:")
    return " with SRTP, whose keys anyone on the way could read: use TLS" if readable else " with SRTP"


def _end(attempt: Attempt, target: str) -> Step:
    if attempt.cause == "cancel":
        return Step(attempt.ended, "caller", f"gives up{_because(attempt.said)}")
    if attempt.cause in _OUR_WORDS:
        if attempt.cause == "silence" and attempt.reason not in ("", NO_RESPONSE):
            return Step(attempt.ended, US, f"gave up{_because(attempt.reason)}")
        return Step(attempt.ended, US, f"{_OUR_WORDS[attempt.cause]}{_because(attempt.reason)}")
    return Step(attempt.ended, target, f"says {_words(attempt.code, attempt.reason)}{_because(attempt.said)}")


def _words(code: int | None, reason: str, warning: str = "") -> str:
    """`503 Service Unavailable (no carrier answered)`"""
    return " ".join(str(part) for part in (code, reason, f"({warning})" if warning else "") if part) or "nothing more"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
