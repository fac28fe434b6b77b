"""The media relay."""

import zlib

import KSR

from trunkline.edge.ksr.message import get
from trunkline.edge.media import FLAGS, Step, anonymous

_RELAYS = int(KSR.kx.get_def("RELAYS"))


def anchor(step: Step) -> bool:
    """Have rtpengine rewrite this message's SDP to the media relay; False when it does not answer."""
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    if not any(_ask(relay, command, FLAGS) for relay in _in_turn()):
        return False
    KSR.textops.set_body(anonymous(_relayed_sdp()), "application/sdp")
    return True


def _relayed_sdp() -> str:
    try:
        return get("$avp(sdp)")
    except UnicodeDecodeError:  # a session name in Latin-1, say
        return bytes.fromhex(get("$(avp(sdp){s.encode.hexa})")).decode("latin-1")


def end_media() -> None:
    """Both relays may have had offers of the call, when one of them died meanwhile."""
    for relay in set(_in_turn()):
        _ask(relay, KSR.rtpengine.rtpengine_delete0)


def _in_turn() -> tuple[int, int]:
    """Which relay to ask, and which one when that fails.

    A call's own follows from its Call-ID, and an answer that comes to the wrong one is refused. With one alone, it is
    found again by the first question and answers the second (measured).
    """
    if _RELAYS == 1:
        return 1, 1
    first = 1 + (zlib.crc32(get("$ci").encode()) & 1)
    return first, 3 - first


def _ask(relay: int, command, *arguments: str) -> bool:
    if _RELAYS > 1:
        KSR.rtpengine.set_rtpengine_set(relay)
    return command(*arguments) > 0
