"""What becomes of the SDP in a call: which part of offer and answer a message holds (RFC 3264), who wrote it, and what
the media relay is told each time.

The far side sees one audio stream of ours with the caller's codecs in the caller's order, and behind them what the
relay can transcode to. Every other stream stays in its place, refused (port 0), in offer and answer: so both sides
count the same streams, as RFC 3264 §8 demands of every later offer, and nobody need remember how many there were.
"""

from dataclasses import replace
from typing import Literal, NamedTuple

from trunkline.edge.reachable import is_hold, refuse_unreachable
from trunkline.sip import sdp
from trunkline.sip.sdp import Audio, Description, Payload
from trunkline.sip.srtp import SUITE

# A late offer is one in a response, which cannot be refused.
type Step = Literal["offer", "late offer", "answer"]

# What comes from elsewhere than the relay has learnt a party to be is dropped until the next offer or answer
# (strict-source), or whoever sends to all ports of a node would be heard in all its calls.
# RTCP is the relay's own toward each side, so that also one whose far side sends none gets it: some (Skype for
# Business) end a call after 30 s without.
FLAGS = f"replace-origin trust-address ICE=remove strict-source inject-DTMF generate-RTCP DTLS=off SDES-only-{SUITE}"
# What libavcodec encodes in packets of 20 ms and no others: asked for others, the relay sends none at all (measured).
_PACKETS_OF_20 = ("G722/8000", "speex/16000")
MOST_ALIKE = 256  # kinds of description that a worker remembers, of offers and of answers: 1 MB


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


def description(text: str, writer: Writer, abilities: Abilities, secure: bool | None = None) -> Description:
    """What a party wrote, with the address of its audio as far as it is believed, and with its packet time as far as
    the relay can keep it. `secure`: see sdp.parse, which raises SdpError as this does."""
    written = sdp.parse(text, secure=secure)
    audio = written.audio
    if audio is None:
        return written
    refuse_unreachable(audio.address, audio.family, writer.source, abilities.family)
    if _encoded(audio, abilities) in _PACKETS_OF_20:
        others = (line for line in audio.attributes if not line.startswith("a=ptime"))
        audio = replace(audio, attributes=("a=ptime:20", *others))
    if not (writer.believed or audio.address == writer.source):
        audio = replace(audio, address=writer.source, attributes=_held(audio))
    return replace(written, audio=audio)


def _held(audio: Audio) -> tuple[str, ...]:
    """Its attributes, with a hold at no address (RFC 2543) as a direction, which says as much (RFC 3264 §8.4).

    Where a party goes to no address and comes back, the relay takes it to have moved: audio that comes from where it
    came from before is then a straggler's for three seconds (measured), in which a PBX behind NAT would hear nothing.
    """
    if not is_hold(audio.address):
        return audio.attributes
    said = next((line[2:] for line in audio.attributes if line[2:] in sdp.DIRECTIONS), "sendrecv")
    kept = (line for line in audio.attributes if line[2:] != said)
    return *kept, "a=sendonly" if said.startswith("send") else "a=inactive"


def _encoded(audio: Audio, abilities: Abilities) -> str:
    """The codec that the relay encodes for this party where it must transcode; '' for none."""
    return next((name for name in audio.codecs if name in abilities.transcodes), "")


def known_annex(payload: Payload) -> Payload:
    """RFC 3551 has Annex B as what an absent fmtp means; the engine's encoder and decoder do without."""
    return Payload(payload.number, payload.name, "annexb=no") if payload.name == "G729/8000" else payload
