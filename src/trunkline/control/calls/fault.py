"""Whose fault it was that a call came to nothing: what `sip.status` says of the code that decided it."""

from collections.abc import Mapping, Sequence

from trunkline.control.calls.models import REJECTED, Attempt, Call
from trunkline.sip import status
from trunkline.sip.status import Fault

_BY_CAUSE: Mapping[str, Fault] = {  # contract.journal.CAUSES but 'reply', which has a code
    "silence": "target",
    "transport": "target",
    "dns": "target",
    "ring": "callee",
    "cancel": "nobody",
    "media": "trunk",
}

WORDS: Mapping[Fault, str] = {
    "nobody": "nobody's: the caller gave up",
    "caller": "the caller's: what it dialled, sent or may do",
    "callee": "the called party's: busy, away or unwilling",
    "trunk": "this service's, or a limit that it sets",
    "target": "the carrier's or PBX's that the call was sent to",
}


def of(call: Call, attempts: Sequence[Attempt]) -> Fault | None:
    """None while the call is not over, and when it was answered. `attempts` in order; the last one decides."""
    if call.refused is None or call.code is None:
        return None
    last = attempts[-1] if attempts and call.outcome != REJECTED else None
    if last and last.code:
        return status.of(last.code).fault
    return (last and _BY_CAUSE.get(last.cause)) or status.of(call.code).ours
