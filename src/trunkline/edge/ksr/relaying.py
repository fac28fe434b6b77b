"""The media relay."""

import KSR

from trunkline.edge.ksr.message import get
from trunkline.edge.media import FLAGS, Step, anonymous


def anchor(step: Step) -> bool:
    """Have rtpengine rewrite this message's SDP to the media relay; False when it does not answer."""
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    # A relay that had failed is asked again during the first call that needs it, which serves the second (measured).
    if command(FLAGS) < 0 and command(FLAGS) < 0:
        return False
    KSR.textops.set_body(anonymous(_relayed_sdp()), "application/sdp")
    return True


def _relayed_sdp() -> str:
    try:
        return get("$avp(sdp)")
    except UnicodeDecodeError:  # a session name in Latin-1, say
        return bytes.fromhex(get("$(avp(sdp){s.encode.hexa})")).decode("latin-1")


def end_media() -> None:
    KSR.rtpengine.rtpengine_delete0()
