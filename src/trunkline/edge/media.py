"""Media is always anchored: what rtpengine is told, and which part of offer/answer a message holds (RFC 3264).

The flags restrict every offer to the six codecs and telephone-event, keep the caller's order, and let G.711 be
transcoded (measured).
"""

import re
from typing import Literal

type Step = Literal["offer", "answer"]

_CODECS = ("PCMU", "PCMA", "G722", "G729", "iLBC", "speex/16000", "telephone-event")

FLAGS = " ".join(
    (
        "replace-origin replace-session-name trust-address ICE=remove RTP/AVP codec-strip-all",
        *(f"codec-except-{codec}" for codec in _CODECS),
        "codec-transcode-PCMA codec-transcode-PCMU",
    )
)


# What a description may say of the system, or the person, that wrote it; the relay passes it on.
_TELLING = re.compile(r"^(?:[iuep]=|a=(?:tool|ssrc|cname|x-)).*\r?\n", re.MULTILINE | re.IGNORECASE)
_ORIGIN = re.compile(r"^o=\S+", re.MULTILINE)


def anonymous(sdp: str) -> str:
    """An SDP without the names of products, hosts and people: RFC 8866 §5.2 has '-' for no user name in o=."""
    return _ORIGIN.sub("o=-", _TELLING.sub("", sdp), count=1)


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
