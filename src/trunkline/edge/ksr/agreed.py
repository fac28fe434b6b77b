"""What the parties of each call have last agreed on, as the media relay was told it.

The relay acts on an offer at once. One that is refused, in a glare (RFC 3261 §14.1) or because it cannot be met, leaves
the session as it was, and the relay must be told so: of a hold that was refused nobody would be heard again.
"""

import json
from typing import NamedTuple

import KSR

from trunkline.edge.ksr.message import is_request, text

_TABLE = "agreed"
_compact = json.JSONEncoder(separators=(",", ":")).encode


class Half(NamedTuple):
    """A description as the relay is to get it, and the relay's flags."""

    sdp: str
    flags: str


class Exchange(NamedTuple):
    """`offerer` and `answerer` are the tags of the parties."""

    offerer: str
    answerer: str
    offer: Half
    answer: Half


def note_offer(offer: Half) -> None:
    """Keep an offer in a response: its answer comes in a transaction of its own."""
    KSR.htable.sht_sets(_TABLE, _key("late"), _compact(offer))


def note(offer: Half | None, answer: Half) -> None:
    """Keep what the current message has completed. `offer` None: that kept by `note_offer`."""
    ends = text("$ft"), text("$tt")
    if offer is None:
        kept = KSR.htable.sht_get(_TABLE, _key("late"))
        if kept is None:
            return
        offer = Half(*json.loads(kept))
        KSR.htable.sht_rm(_TABLE, _key("late"))
    offerer, answerer = reversed(ends) if is_request() else ends
    KSR.htable.sht_sets(_TABLE, _key(), _compact((offerer, answerer, offer, answer)))


def recall() -> Exchange | None:
    """What was agreed on last in the call of the current message; None when nothing is known of it."""
    kept = KSR.htable.sht_get(_TABLE, _key())
    if kept is None:
        return None
    offerer, answerer, offer, answer = json.loads(kept)
    return Exchange(offerer, answerer, Half(*offer), Half(*answer))


def forget() -> None:
    """The call of the current message is over."""
    for suffix in ("", "late"):
        KSR.htable.sht_rm(_TABLE, _key(suffix))


def _key(suffix: str = "") -> str:
    return f"{text('$ci')} {suffix}" if suffix else text("$ci")
