"""Media is always anchored: what rtpengine is told, and which part of offer/answer a message holds (RFC 3264).

The flags restrict every offer to the six codecs and telephone-event, keep the caller's order, and let G.711 be
transcoded (measured).
"""

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
