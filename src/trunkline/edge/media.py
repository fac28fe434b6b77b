"""Media is always anchored: what rtpengine is told, and which part of offer/answer a message holds (RFC 3264).

The flags restrict every offer to the six codecs and telephone-event, keep the caller's order, and let G.711 be
transcoded (measured). RTCP is rtpengine's own toward each side, so that also one whose far side sends none gets it:
some (Skype for Business) end a call after 30 s without.
"""

import re
from typing import Literal

from trunkline.sip.srtp import SUITE

type Step = Literal["offer", "answer"]

_CODECS = ("PCMU", "PCMA", "G722", "G729", "iLBC", "speex/16000", "telephone-event")

FLAGS = " ".join(
    (
        "replace-origin replace-session-name trust-address ICE=remove generate-RTCP",
        f"DTLS=off SDES-only-{SUITE}",
        "codec-strip-all",
        *(f"codec-except-{codec}" for codec in _CODECS),
        "codec-transcode-PCMA codec-transcode-PCMU",
    )
)


# What a description may say of the system, or the person, that wrote it; the relay passes it on.
_TELLING = re.compile(r"^(?:[iuep]=|a=(?:tool|ssrc|cname|x-)).*\r?\n", re.MULTILINE | re.IGNORECASE)
_ORIGIN = re.compile(r"^o=\S+", re.MULTILINE)
_SUBJECT = re.compile(r"^s=[^\r\n]*", re.MULTILINE)
_AUDIO = re.compile(r"^m=audio \S+ \S+((?: \d+)*)", re.MULTILINE)
_STATIC = ("0", "8", "9", "18")  # RFC 3551 §6: PCMU, PCMA, G722, G729
_DYNAMIC = re.compile(r"^a=rtpmap:(\d+) (?:(?:PCMU|PCMA|G722|G729|iLBC)/8000|speex/16000)", re.M | re.I)


def anonymous(sdp: str) -> str:
    """An SDP without the names of products, hosts and people: RFC 8866 §5.2 has '-' for no user name in o=."""
    return _SUBJECT.sub("s=-", _ORIGIN.sub("o=-", _TELLING.sub("", sdp), count=1), count=1)


def has_our_codec(sdp: str) -> bool:
    """Whether an offer's audio has one of the six codecs; without, the relay answers with what was never offered."""
    audio = _AUDIO.search(sdp)
    return audio is not None and not {*_STATIC, *_DYNAMIC.findall(sdp)}.isdisjoint(audio[1].split())


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
    return "answer" if request_offered else "offer"
