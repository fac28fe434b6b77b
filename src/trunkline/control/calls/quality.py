"""How the audio of a call was: from the journal's `quality` line to the record, and to words."""

import math
from collections.abc import Mapping

from trunkline.contract.journal import Event
from trunkline.control.calls.models import Call

PARTIES = ("caller", "callee")
MEASURES = ("packets", "lost", "jitter", "round_trip", "mos")
COLUMNS = tuple(f"{party}_{measure}" for party in PARTIES for measure in MEASURES)

_COUNTED = ("packets", "lost")
_MOST = 2**31 - 1


def fold(call: Call, event: Event) -> None:
    """Add what the line says. Of two lines the one with more packets is the whole one."""
    found = {f"{party}_{measure}": _value(event, party, measure) for party in PARTIES for measure in MEASURES}
    known = {column: getattr(call, column) for column in COLUMNS}
    if _rank(found) > _rank(known):
        for column, value in found.items():
            setattr(call, column, value)


def of(call: Call) -> dict[str, int | float | None]:
    return {column: getattr(call, column) for column in COLUMNS}


def in_words(call: Call, party: str) -> str:
    """`1502 packets, 3 lost, jitter 2.0 ms, round trip 40.0 ms, MOS 4.3`, without what is not known; '' for nothing."""
    packets, lost, jitter, round_trip, mos = (getattr(call, f"{party}_{measure}") for measure in MEASURES)
    parts = (
        (packets, "{} packets"),
        (lost, "{} lost"),
        (jitter, "jitter {:.1f} ms"),
        (round_trip, "round trip {:.1f} ms"),
        (mos, "MOS {:.1f}"),
    )
    return ", ".join(form.format(value) for value, form in parts if value is not None)


def _value(event: Event, party: str, measure: str) -> int | float | None:
    said = event.get(party)
    value = said.get(measure) if isinstance(said, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not 0 <= value <= _MOST or (measure in _COUNTED and not isinstance(value, int)):
        return None
    return value if measure in _COUNTED else float(value)


def _rank(values: Mapping[str, int | float | None]) -> tuple:
    packets = sum(values[f"{party}_packets"] or 0 for party in PARTIES)
    return packets, tuple(-1.0 if values[column] is None else values[column] for column in COLUMNS)
