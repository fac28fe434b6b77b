"""Which media relay is asked, and how long it is waited for."""

import time
import zlib
from collections.abc import Callable

import KSR

from trunkline.edge.ksr import message
from trunkline.edge.ksr.message import get, put
from trunkline.edge.media import Step

# What rtpengine reads in place of the body, and what it writes: kamailio.cfg names them.
_GIVEN, _MADE = "$avp(sdp_given)", "$avp(sdp_made)"

_TEST = '{"jsonrpc": "2.0", "id": 1, "method": "rtpengine.enable", "params": ["all", 1]}'

_RELAYS = int(KSR.kx.get_def("RELAYS"))

_ROUNDS = 4  # of questions to a slow relay, 0.3 s each (rtpengine_tout_ms)
_SLOW = 0.2  # s: a question that took less met no relay that is slow; one that is not there says so at once
_REST = 10.0  # s in which a worker waits for none, after it did so in vain

_rested = 0.0  # when this worker may wait again, time.monotonic()


def ask(step: Step, description: str, flags: str) -> str:
    """What rtpengine makes of an SDP; '' when it does not answer."""
    put(_GIVEN, description)
    command = KSR.rtpengine.rtpengine_offer if step == "offer" else KSR.rtpengine.rtpengine_answer
    tell = lambda: any(_tell(relay, command, flags) for relay in _in_turn())  # noqa: E731
    # A worker may meet the error of what it had once sent to a relay that was not there, and the relay then counts as
    # dead until it is tested.
    return get(_MADE) if tell() or _again(tell) or (step == "answer" and _wait_for(tell)) else ""


def _again(tell: Callable[[], bool]) -> bool:
    KSR.jsonrpcs.exec(_TEST)
    return tell()


def _wait_for(tell: Callable[[], bool]) -> bool:
    """Ask a relay that gets no CPU for a moment some more times: no other has the call's offer, and without its answer
    the call is lost. A worker that waits holds up other calls, so it does not for each in turn."""
    global _rested
    if time.monotonic() < _rested:
        return False
    for _ in range(_ROUNDS):
        began = time.monotonic()
        if _again(tell):
            return True
        if time.monotonic() - began < _SLOW:
            return False
    _rested = time.monotonic() + _REST
    return False


def end_media() -> None:
    """Let the call's ports go, whoever made the offer: where that was the callee, the relay need not know From's tag.
    It forgets the whole call when it is told none (measured).

    Both relays may have had offers of the call, when one of them died meanwhile.
    """
    for relay in set(_in_turn()):
        _tell(relay, KSR.rtpengine.rtpengine_delete, "from-tag=")


def _in_turn() -> tuple[int, int]:
    """Which relay to ask, and which one when that fails.

    A call's own follows from its Call-ID, and an answer that comes to the wrong one is refused. With one alone, it is
    found again by the first question and answers the second (measured).
    """
    if _RELAYS == 1:
        return 1, 1
    first = 1 + (zlib.crc32(message.text("$ci").encode()) & 1)
    return first, 3 - first


def _tell(relay: int, command, *arguments: str) -> bool:
    if _RELAYS > 1:
        KSR.rtpengine.set_rtpengine_set(relay)
    return command(*arguments) > 0
