"""Answers as they go back to whoever offered, and what they ask of the media relay."""

from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from trunkline.edge.media import FLAGS, MOST_ALIKE, Abilities, Writer, description, known_annex
from trunkline.edge.offers import Offer
from trunkline.sip import alike, sdp
from trunkline.sip.codecs import clock
from trunkline.sip.sdp import SdpError

# The relay forgets payload types that were not offered, or, told this, takes codecs that were not, and then transcodes
# nothing (measured).
_NUMBERS_OF_ITS_OWN = f"{FLAGS} allow-asymmetric-codecs"


class Answer(NamedTuple):
    """`sdp` and `flags` are for the relay; with `again`, after that offer was made once more. `sdp` is '' when the
    stream was refused, and `fault` says why where that was a mistake."""

    sdp: str
    streams: tuple[str, ...] = ()
    again: Offer | None = None
    has_events: bool = False
    flags: str = FLAGS
    fault: str = ""


def read(text: str, writer: Writer, abilities: Abilities, offered: Offer | None) -> Answer:
    """Read an answer; `offered` is the offer, where it is at hand. Raises SdpError."""
    made = _made(text, writer, abilities, offered)
    return _renumbered(made, offered) if offered else made


def _made(text: str, writer: Writer, abilities: Abilities, offered: Offer | None) -> Answer:
    narrowing = offered if offered and offered.order else None
    if not narrowing and (parts := alike.split(text)):
        common, session, port = parts
        with suppress(SdpError):
            made = _remembered(common, writer, abilities)
            return made._replace(sdp=alike.join(made.sdp, session, port))
    return _read(text, writer, abilities, narrowing)


def _read(text: str, writer: Writer, abilities: Abilities, narrowing: Offer | None = None) -> Answer:
    """`narrowing`: an offer that must perhaps be made to the relay once more, so that it fits this answer."""
    written = description(text, writer, abilities)
    audio = written.audio
    streams = written.streams if len(written.streams) > 1 else ()
    if audio is None or not audio.codecs:
        return Answer("", streams, fault="It has none of the codecs that were offered" if audio else "")
    payloads = tuple(known_annex(p) for p in audio.payloads)
    again = _narrowed(narrowing, audio.codecs, abilities) if narrowing else None
    if again:  # end to end: the relay need not know what it cannot join
        names = {p.name for p in again.payloads}
        payloads = tuple(p for p in payloads if p.name in names)
    clocks = {clock(p.name) for p in payloads if not p.is_event}
    # Some agree to every telephone-event they see; with one of another clock the relay would lose all (measured).
    fitting = tuple(p for p in payloads if not p.is_event or clock(p.name) in clocks)
    if any(p.is_event for p in fitting):
        payloads = fitting
    return Answer(written.text(payloads), streams, again, any(p.is_event for p in payloads))


_remembered = lru_cache(MOST_ALIKE)(_read)


def _renumbered(made: Answer, offered: Offer) -> Answer:
    """With what lets one that has payload types of its own for the offer's codecs be sent those, though RFC 3264 §6.1
    advises against it. Where the relay must transcode, it cannot: such a party gets no digits."""
    if _formats(made.sdp) <= _formats(offered.sdp):
        return made
    numbers = {p.name: p.number for p in offered.payloads}
    written = sdp.parse(made.sdp)
    shared = tuple(p for p in written.audio.payloads if p.name in numbers)
    if written.audio.codecs[0] not in numbers or all(numbers[p.name] == p.number for p in shared):
        return made
    return made._replace(sdp=written.text(shared), flags=_NUMBERS_OF_ITS_OWN)


def _formats(text: str) -> set[str]:
    """The payload types of an audio stream that we wrote."""
    return set(text.partition("m=audio ")[2].partition("\r")[0].split()[2:])


def toneless(offered: Offer, made: Answer, offerer: str, answerer: str) -> str:
    """Of two tags that of the party without telephone-event, whose audio the relay hears for digits; '' for neither."""
    if offered.lacks_events and made.has_events:
        return offerer
    return answerer if offered.accepts_events and not made.has_events else ""


def _narrowed(offered: Offer, chosen: list[str], abilities: Abilities) -> Offer | None:
    """The offer as it must be made to the relay again so that it fits the answer; None when it fits already."""
    payloads = offered.payloads
    shared = [p.name for p in payloads if not p.is_event and p.name in chosen]
    if chosen[0] not in shared or chosen[0] in abilities.transcodes:
        return None
    kept = tuple(p for p in payloads if p.is_event or p.name in shared)
    return offered._replace(sdp=sdp.parse(offered.sdp).text(kept), flags=FLAGS)
