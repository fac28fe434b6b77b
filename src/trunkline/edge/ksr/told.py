"""What a message that comes again had been made to say when it came first.

A 2xx is repeated until its ACK comes, and an ACK as often as its 2xx (RFC 3261 §13.3.1.4, §13.2.2.4); a network
delivers either late. Whoever has missed the first one needs its description, but the relay must not be told it once
more: it may have been told of a newer offer meanwhile, which that would undo.

It is kept beside the transactions, which tm lets go five seconds after their answer: a 2xx is repeated for 32.
"""

from typing import NamedTuple

import KSR

from trunkline.edge.ksr import notes
from trunkline.edge.ksr.message import get, is_request, method, reply_code, text

_TABLE = "told"


class Said(NamedTuple):
    """`shift`: by how much the CSeq of a response is above that of the request's sender."""

    shift: int
    description: str


def recall() -> Said | None:
    """What an earlier copy of this message went on with; None when there was none."""
    kept = KSR.htable.sht_get(_TABLE, key) if (key := _key()) else None
    if kept is None:
        return None
    shift, _, description = kept.partition(" ")
    return Said(int(shift), description)


def note(description: str) -> None:
    """Keep that of this message, if it may come again."""
    if key := _key():
        KSR.htable.sht_sets(_TABLE, key, f"{notes.shift()} {description}")


def _key() -> str:
    """'' for a message that is not kept. User agents need not give the copies of an ACK one branch."""
    if is_request():
        return f"{text('$ci')} {text('$ft')} {get('$cs')}" if method() == "ACK" else ""
    return f"{text('$ci')} {text('$ft')} {text('$tt')} {get('$cs')}" if 200 <= reply_code() < 300 else ""
