"""What a message that comes again had been made to say when it came first.

A 2xx is repeated until its ACK comes, and an ACK as often as its 2xx (RFC 3261 §13.3.1.4, §13.2.2.4); a network
delivers either late. Whoever has missed the first one needs its description, but the relay must not be told it once
more: it may have been told of a newer offer meanwhile, which that would undo.
"""

import KSR

from trunkline.edge.ksr.message import get, is_request, method, put, reply_code, text

_TABLE, _KEPT = "told", "$avp(told)"


def recall() -> str:
    """The description that an earlier copy of this message went on with; '' when there was none."""
    if not is_request():
        return text(_KEPT) if reply_code() >= 200 else ""
    if method() != "ACK":
        return ""
    return KSR.htable.sht_get(_TABLE, _key()) or ""


def note(description: str) -> None:
    """Keep that of this message, if it may come again."""
    if not is_request():
        if reply_code() >= 200:
            put(_KEPT, description)
    elif method() == "ACK":
        KSR.htable.sht_sets(_TABLE, _key(), description)


def _key() -> str:
    """Of an ACK; user agents need not give its copies one branch."""
    return f"{text('$ci')} {text('$ft')} {get('$cs')}"
