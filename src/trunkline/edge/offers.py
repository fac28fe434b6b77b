"""Offers as they go on: with which codecs, in which order, and what the media relay is told of them."""

import json
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from trunkline.edge.media import FLAGS, MOST_ALIKE, Abilities, Writer, description, known_annex
from trunkline.sip import alike, sdp
from trunkline.sip.codecs import CODECS, EVENT, clock, spoken
from trunkline.sip.sdp import Description, Payload, SdpError

_COMMON = ("PCMA/8000", "PCMU/8000")  # what every PBX and carrier speaks

_compact = json.JSONEncoder(separators=(",", ":")).encode


class Offer(NamedTuple):
    """`sdp` and `flags` are for the relay. `streams` are all streams in place, refused, '' for the audio; empty when
    there is no other. `order`: the offerer's codecs (payload types), where the relay would lose one or their order;
    what such an offer holds cannot be joined with every answer. `slow_events`: the offerer's telephone-event is shown
    to the relay with the clock of its wideband codec.

    An offer travels with its transaction as text (`dumps`, `loads`), because other workers handle its answer.
    """

    sdp: str
    flags: str
    streams: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    slow_events: bool = False

    @property
    def joined(self) -> bool:
        """Whether the relay can transcode it at all."""
        return self.flags != FLAGS

    @property
    def lacks_common(self) -> bool:
        """Whether the offerer can be reached in a later offer only with what it now has, or by transcoding to it."""
        return all(f"-{spoken(name)}" in self.flags for name in _COMMON)

    @property
    def lacks_events(self) -> bool:
        """Whether the offerer has no telephone-event, so that the relay looks for digits in its audio."""
        return self.flags.endswith(f"transcode-{EVENT}")

    @property
    def accepts_events(self) -> bool:
        """Whether the offerer gets its telephone-event also from a far side without, whose audio the relay then hears
        for digits."""
        return f"codec-accept-{EVENT}" in self.flags

    @property
    def payloads(self) -> tuple[Payload, ...]:
        return sdp.parse(self.sdp).audio.payloads

    def dumps(self) -> str:
        return _compact(self)

    @classmethod
    def loads(cls, text: str) -> "Offer":
        body, flags, streams, order, slow_events = json.loads(text)
        return cls(body, flags, tuple(streams), tuple(order), slow_events)


def read(
    text: str,
    writer: Writer,
    abilities: Abilities,
    *,
    wide: bool = True,
    remembered: bool = True,
    secure: bool | None = None,
) -> Offer:
    """Read an offer. Raises SdpError.

    `secure`: see sdp.parse. `wide`: offer all that can be transcoded, not G.711 alone. `remembered`: its answer will be
    read with this offer at hand; without, nothing may be offered on that the relay might not be able to join with the
    answer.
    """
    if parts := alike.split(text):
        common, session, port = parts
        with suppress(SdpError):  # whose words are to quote this text
            made = _remembered(common, writer, abilities, wide=wide, remembered=remembered)
            return made._replace(sdp=alike.join(made.sdp, session, port))
    return _read(text, writer, abilities, wide=wide, remembered=remembered, secure=secure)


def _read(
    text: str, writer: Writer, abilities: Abilities, *, wide: bool, remembered: bool, secure: bool | None = None
) -> Offer:
    written = description(text, writer, abilities, secure)
    audio = written.audio
    if audio is None:
        raise _no_stream(written)
    payloads = tuple(known_annex(p) for p in audio.payloads)
    codecs = [p.name for p in payloads if not p.is_event]
    if not codecs:
        known = ", ".join(map(spoken, CODECS))
        raise SdpError(488, f"The offer has no audio codec of this service, which carries {known}: allow one of them")
    joined = [name for name in codecs if name in abilities.transcodes]
    if not remembered and joined:
        payloads = _certain(payloads, joined)
        codecs = [p.name for p in payloads if not p.is_event]
    slow = _has_slow_events(payloads, codecs)
    if slow:
        payloads = tuple(_faster(p) if p.is_event else p for p in payloads)
    streams = written.streams if len(written.streams) > 1 else ()
    order = ()
    if slow or len(joined) < len(codecs) or _lacks_fast_events(payloads):
        order = tuple(p.number for p in payloads if not p.is_event)
        # Where it must choose, the relay takes the first: that should be one whose events it can join.
        payloads = tuple(sorted(payloads, key=lambda p: clock(p.name)))
    return Offer(written.text(payloads), _flags(payloads, joined, abilities, wide), streams, order, slow)


_remembered = lru_cache(MOST_ALIKE)(_read)


def _no_stream(written: Description) -> SdpError:
    if any(stream.startswith("m=image") for stream in written.streams):
        return SdpError(488, "T.38 is not carried here: send the fax as G.711 audio")
    return SdpError(488, "The offer has no audio stream that can be carried: it needs m=audio, a port, and RTP")


def _flags(payloads: tuple[Payload, ...], joined: list[str], abilities: Abilities, wide: bool) -> str:
    if not joined:  # the relay would drop what it cannot encode as soon as it may transcode at all (measured)
        return FLAGS
    names = [p.name for p in payloads]
    added = [name for name in (abilities.transcodes if wide else _COMMON) if name not in names]
    events = [p.name for p in payloads if p.is_event]
    if not events:
        added.append(EVENT)
    accepted = (f"codec-accept-{name}" for name in events)
    return " ".join((FLAGS, *accepted, *(f"codec-transcode-{spoken(name)}" for name in added)))


def _certain(payloads: tuple[Payload, ...], joined: list[str]) -> tuple[Payload, ...]:
    """Those that can be joined with any answer, unseen: no iLBC, and no clock that telephone-event lacks."""
    kept = tuple(p for p in payloads if p.is_event or p.name in joined)
    narrow = tuple(p for p in kept if clock(p.name) == 8000)
    return narrow if _lacks_fast_events(kept) and any(not p.is_event for p in narrow) else kept


def _lacks_fast_events(payloads: tuple[Payload, ...]) -> bool:
    """Telephone-event is there, but not with the clock of a wideband codec that is (RFC 4733 §2.1 wants the same)."""
    clocks = {clock(p.name) for p in payloads if p.is_event}
    return bool(clocks) and not {clock(p.name) for p in payloads} <= clocks


def _has_slow_events(payloads: tuple[Payload, ...], codecs: list[str]) -> bool:
    return _lacks_fast_events(payloads) and all(clock(name) == 16000 for name in codecs)


def _faster(event: Payload) -> Payload:
    return Payload(event.number, f"{EVENT}/16000", event.fmtp)
