"""What becomes of the SDP in a call: which part of offer and answer a message holds (RFC 3264), which codecs go on,
and what the media relay is told.

The far side sees one audio stream of ours with the caller's codecs in the caller's order, and behind them what the
relay can transcode to. Every other stream stays in its place, refused (port 0), in offer and answer: so both sides
count the same streams, as RFC 3264 §8 demands of every later offer, and nobody need remember how many there were.
"""

import json
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple

from trunkline.edge.reachable import is_hold, refuse_unreachable
from trunkline.sip import alike, sdp
from trunkline.sip.codecs import CODECS, EVENT, clock, spoken
from trunkline.sip.sdp import Description, Payload, SdpError
from trunkline.sip.srtp import SUITE

# A late offer is one in a response, which cannot be refused.
type Step = Literal["offer", "late offer", "answer"]

# RTCP is the relay's own toward each side, so that also one whose far side sends none gets it: some (Skype for
# Business) end a call after 30 s without.
FLAGS = f"replace-origin trust-address ICE=remove inject-DTMF generate-RTCP DTLS=off SDES-only-{SUITE}"
MOST_ALIKE = 256  # kinds of description that a worker remembers, of offers and of answers: 1 MB
_COMMON = ("PCMA/8000", "PCMU/8000")  # what every PBX and carrier speaks

_compact = json.JSONEncoder(separators=(",", ":")).encode


class Abilities(NamedTuple):
    """What the media relay of this node can do: the codecs it both decodes and encodes; its IP version, '4' or '6'."""

    transcodes: tuple[str, ...]
    family: str


class Writer(NamedTuple):
    """Who wrote a description. `source`: the IP address that it came from; `believed`: audio may go where it says.

    Where a PBX names an address that is not its own, audio goes to the one that it speaks from, until audio comes
    from elsewhere: whoever has a key could otherwise have us stream whole calls to any victim, by naming it. A
    carrier's address is its operator's choice, and its session border controller may wait for our audio before it
    sends any.
    """

    source: str
    believed: bool


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


class Answer(NamedTuple):
    """`sdp` is for the relay; with `again`, after that offer was made once more; '' when the stream was refused."""

    sdp: str
    streams: tuple[str, ...] = ()
    again: Offer | None = None
    has_events: bool = False


def request_step(method: str, invite_offered: bool) -> Step | None:
    """What the SDP of an in-dialog request is. `invite_offered`: the INVITE that made the dialog had SDP."""
    if method in ("INVITE", "UPDATE"):
        return "offer"
    if method == "ACK":
        return "answer"
    if method == "PRACK":
        # RFC 3262 §5: it answers the offer of a reliable 18x, unless the INVITE had made the offer
        return "offer" if invite_offered else "answer"
    return None


def reply_step(code: int, request_offered: bool) -> Step | None:
    """What the SDP of a response is."""
    if not 180 <= code < 300:
        return None
    return "answer" if request_offered else "late offer"


def offer(text: str, writer: Writer, abilities: Abilities, *, wide: bool = True, remembered: bool = True) -> Offer:
    """Read an offer. Raises SdpError.

    `wide`: offer all that can be transcoded, not G.711 alone. `remembered`: its answer will be read with this offer
    at hand; without, nothing may be offered on that the relay might not be able to join with the answer.
    """
    if parts := alike.split(text):
        common, session, port = parts
        with suppress(SdpError):  # whose words are to quote this text
            made = _remembered_offer(common, writer, abilities, wide=wide, remembered=remembered)
            return made._replace(sdp=alike.join(made.sdp, session, port))
    return _offer(text, writer, abilities, wide=wide, remembered=remembered)


def _offer(text: str, writer: Writer, abilities: Abilities, *, wide: bool, remembered: bool) -> Offer:
    description = _read(text, writer, abilities)
    audio = description.audio
    if audio is None:
        raise _no_stream(description)
    payloads = tuple(_known_annex(p) for p in audio.payloads)
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
    streams = description.streams if len(description.streams) > 1 else ()
    order = ()
    if slow or len(joined) < len(codecs) or _lacks_fast_events(payloads):
        order = tuple(p.number for p in payloads if not p.is_event)
        # Where it must choose, the relay takes the first: that should be one whose events it can join.
        payloads = tuple(sorted(payloads, key=lambda p: clock(p.name)))
    return Offer(description.text(payloads), _flags(payloads, joined, abilities, wide), streams, order, slow)


def answer(text: str, writer: Writer, abilities: Abilities, offered: Offer | None) -> Answer:
    """Read an answer; `offered` is the offer, where it is at hand. Raises SdpError."""
    narrowing = offered if offered and offered.order else None
    if not narrowing and (parts := alike.split(text)):
        common, session, port = parts
        with suppress(SdpError):
            made = _remembered_answer(common, writer, abilities)
            return made._replace(sdp=alike.join(made.sdp, session, port))
    return _answer(text, writer, abilities, narrowing)


def _answer(text: str, writer: Writer, abilities: Abilities, narrowing: Offer | None = None) -> Answer:
    """`narrowing`: an offer that must perhaps be made to the relay once more, so that it fits this answer."""
    description = _read(text, writer, abilities)
    audio = description.audio
    streams = description.streams if len(description.streams) > 1 else ()
    if audio is None or not audio.codecs:
        return Answer("", streams)
    payloads = tuple(_known_annex(p) for p in audio.payloads)
    again = _narrowed(narrowing, audio.codecs, abilities) if narrowing else None
    if again and not again.joined:  # end to end: the relay need not know what it cannot join
        names = {p.name for p in again.payloads}
        payloads = tuple(p for p in payloads if p.name in names)
    clocks = {clock(p.name) for p in payloads if not p.is_event}
    # Some agree to every telephone-event they see; with one of another clock the relay would lose all (measured).
    fitting = tuple(p for p in payloads if not p.is_event or clock(p.name) in clocks)
    if any(p.is_event for p in fitting):
        payloads = fitting
    return Answer(description.text(payloads), streams, again, any(p.is_event for p in payloads))


_remembered_offer = lru_cache(MOST_ALIKE)(_offer)
_remembered_answer = lru_cache(MOST_ALIKE)(_answer)


def toneless(offered: Offer, made: Answer, offerer: str, answerer: str) -> str:
    """Of two tags that of the party without telephone-event, whose audio the relay hears for digits; '' for neither."""
    if offered.lacks_events and made.has_events:
        return offerer
    return answerer if offered.accepts_events and not made.has_events else ""


def _read(text: str, writer: Writer, abilities: Abilities) -> Description:
    description = sdp.parse(text)
    audio = description.audio
    if audio is None:
        return description
    refuse_unreachable(audio.address, audio.family, writer.source, abilities.family)
    if writer.believed or audio.address == writer.source or is_hold(audio.address):
        return description
    return replace(description, audio=replace(audio, address=writer.source))


def _no_stream(description: Description) -> SdpError:
    if any(stream.startswith("m=image") for stream in description.streams):
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


def _known_annex(payload: Payload) -> Payload:
    """RFC 3551 has Annex B as what an absent fmtp means; the engine's encoder and decoder do without."""
    return Payload(payload.number, payload.name, "annexb=no") if payload.name == "G729/8000" else payload


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


def _narrowed(offered: Offer, chosen: list[str], abilities: Abilities) -> Offer | None:
    """The offer as it must be made to the relay again so that it fits the answer; None when it fits already."""
    payloads = offered.payloads
    shared = [p.name for p in payloads if not p.is_event and p.name in chosen]
    if chosen[0] not in shared or chosen[0] in abilities.transcodes:
        return None
    kept = tuple(p for p in payloads if p.is_event or p.name in shared)
    return offered._replace(sdp=sdp.parse(offered.sdp).text(kept), flags=FLAGS)
