"""The media relay."""

import KSR

from trunkline.edge.ksr.message import latin_1
from trunkline.edge.media import FLAGS, Step, anonymous


def anchor(step: Step, extra: str = "") -> bool:
    """Have rtpengine rewrite this message's SDP to the media relay; False when it does not answer. `extra`: flags."""
    flags = FLAGS + extra
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    # A relay that had failed is asked again during the first call that needs it, which serves the second (measured).
    if command(flags) < 0 and command(flags) < 0:
        return False
    KSR.textops.set_body(anonymous(latin_1("$avp(sdp)")), "application/sdp")
    return True


def refuse_media(description: str) -> None:
    """Give this message a description of ours, in the place of one that must not go on."""
    KSR.textops.set_body(description, "application/sdp")


def end_media(offerer: str = "") -> None:
    """Let the call's ports go. `offerer`: the tag of the party whose offer alone the relay has seen, if not From's."""
    if offerer:
        KSR.rtpengine.rtpengine_delete(f"from-tag={offerer}")
    else:
        KSR.rtpengine.rtpengine_delete0()
