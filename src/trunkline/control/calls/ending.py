"""Whose fault it was that an answered call ended, where neither party ended it; and whom nobody heard."""

import re

from trunkline.contract.endings import LOST, LOST_ACK, NO_ACK, NO_RELAY, UNHEARD, UNHEARD_TOO, UNUSABLE_ANSWER
from trunkline.control.calls.fold import LOSSES
from trunkline.control.calls.models import Call
from trunkline.sip import spoken
from trunkline.sip.status import Fault

# What node.clear says when it ends a call, and the edge when an answer left one without audio
_OF_A_PARTY = re.compile(
    r"no audio from the (caller|callee) for|the (caller|callee) described no audio|the SDP of the (caller)'s answer"
)
_OF_THE_ANSWER = re.compile(rf"SRTP was offered, and the answer|the SRTP of the answer|{UNUSABLE_ANSWER}")
_OURS = (LOST, NO_RELAY, *LOSSES)
_PARTIES = {"caller": "the caller", "callee": "the called party"}
HEARD_AFTER = 2.0  # s of a call in which an honest party has sent something


def fault(call: Call) -> Fault | None:
    """None where a party hung up, and where it cannot be told."""
    said = call.hung_up_reason.removesuffix(UNHEARD_TOO)
    if call.hung_up_by == "callee" and said.endswith((NO_ACK, LOST_ACK)):
        return _side(call, "caller" if said.endswith(NO_ACK) else "callee")
    if call.hung_up_by not in ("", "edge"):
        return None
    if found := _OF_A_PARTY.match(said):
        return _side(call, found[found.lastindex])
    if _OF_THE_ANSWER.match(said):
        return _side(call, "callee")
    return "trunk" if said in _OURS else None


def in_words(call: Call) -> str:
    """Why it was hung up, as far as somebody said so, and whether the other party may not know of it."""
    said = call.hung_up_reason.removesuffix(UNHEARD_TOO)
    words = spoken.reason(said).replace("the callee", "the called party")
    return words if said == call.hung_up_reason else f"{words}{UNHEARD_TOO}"


def uninformed(call: Call) -> str:
    """The party, 'caller' or 'callee', that the other one's BYE did not reach; '' for none."""
    others = dict(zip(_PARTIES, reversed(_PARTIES), strict=True))
    return others.get(call.hung_up_by, "") if call.hung_up_reason.endswith(UNHEARD) else ""


def unheard(call: Call) -> list[str]:
    """The parties, 'caller' and 'callee', from which not one packet of audio came."""
    if not call.duration or call.duration < HEARD_AFTER:
        return []
    return [party for party in _PARTIES if getattr(call, f"{party}_packets") == 0]


def silence(call: Call) -> str:
    """That somebody was never heard, in words; '' of a call whose parties were."""
    names = [_PARTIES[party] for party in unheard(call)]
    return f"no audio came from {' or '.join(names)}" if names else ""


def _side(call: Call, party: str) -> Fault:
    """Its audio comes by way of the carrier or PBX that is next to us: beyond that nobody can look."""
    if party == "callee":
        return "target"
    return "origin" if call.direction == "inbound" else "caller"
