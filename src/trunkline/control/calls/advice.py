"""What to do next about a call that came to nothing, for whoever reads its record: one sentence, or none."""

from collections.abc import Callable, Mapping, Sequence

from trunkline.contract.journal import TAKEN_AWAY
from trunkline.contract.names import UNANSWERED
from trunkline.control.calls import ending
from trunkline.control.calls.models import REJECTED, Attempt, Call
from trunkline.control.calls.seen import THEIR_PBX
from trunkline.sip.number import e164

type Advice = Callable[[Call, Attempt], str]

_NO_SUCH_NUMBER = (404, 410, 484, 604)
_CODECS = (415, 488, 606)
_OF_NOBODY = (
    "The operator sees whether {called} is one of its numbers: then an account is to get it, else the carrier errs"
)
_STRANGER = (
    "The operator sees whether that address is a carrier's: then it is to be one of its sources, else a stranger called"
)
_ASK_CARRIER = "Ask {target} where it sent its audio, with the time and the numbers"
_LOOK_AT_PBX = (
    "See whether the PBX sends its audio to the media addresses on the page Trunk, and its firewall lets it out"
)
_PEOPLE = (480, 486, 487, 600, 603)


def of(call: Call, attempts: Sequence[Attempt]) -> str:
    """'' where there is nothing to do, and where our own refusal says it already."""
    if call.answered:
        return _about_silence(call, attempts)
    if call.refused is None:
        return ""
    if call.outcome == REJECTED or not attempts:
        return _OF_NOBODY.format(called=call.called) if _has_no_owner(call) else _STRANGER if call.code == 407 else ""
    last = attempts[-1]
    if last.target == THEIR_PBX:
        return (
            "" if last.cause == "ring" or last.code in _PEOPLE else f"Tell whoever has {call.called}: their PBX did so"
        )
    if last.code and last.cause != "cancel":
        table = _CARRIER_SAID if last.kind == "carrier" else _PBX_SAID
        advice = table.get(last.code) or table.get(last.code // 100)
    else:
        table = _CARRIER if last.kind == "carrier" else _PBX
        advice = table.get(last.cause)
    return advice(call, last) if advice else ""


def _about_silence(call: Call, attempts: Sequence[Attempt]) -> str:
    silent, last = ending.unheard(call), attempts[-1] if attempts else None
    if len(silent) != 1 or last is None:
        return ""
    if silent == ["caller"]:
        return (
            _ASK_CARRIER.format(target=call.carrier or "the carrier") if call.direction == "inbound" else _LOOK_AT_PBX
        )
    if last.kind == "carrier":
        return _ASK_CARRIER.format(target=last.target)
    return f"Tell whoever has {call.called}: their PBX sent none" if last.target == THEIR_PBX else _LOOK_AT_PBX


def _has_no_owner(call: Call) -> bool:
    return call.direction == "inbound" and call.code == 404 and e164(call.called) is not None


def _plain(words: str) -> Advice:
    return lambda call, attempt: words.format(target=attempt.target, caller=call.caller, called=call.called)


def _carrier_silent(call: Call, attempt: Attempt) -> str:
    where = f" at {attempt.address}" if attempt.address else ""
    if "100 Trying" in attempt.reason:
        return f"{attempt.target} has the INVITE: ask it what became of it, with the time and the numbers"
    return f"Ask {attempt.target} whether it got the INVITE{where}; if not, look for a firewall on the way"


def _carrier_unfound(call: Call, attempt: Attempt) -> str:
    if attempt.reason.startswith(UNANSWERED):
        return "The operator looks whether the name servers in dns.servers answer, and then those of that domain"
    return f"The operator compares the host of {attempt.target} with what it gave out, and looks it up in DNS"


def _carrier_ruled_out(call: Call, attempt: Attempt) -> str:
    if attempt.reason == TAKEN_AWAY:
        return f"The operator enables {attempt.target} again, or has another carrier on the route"
    return f"The operator changes how many digits are stripped for {attempt.target}"


def _pbx_unreached(call: Call, attempt: Attempt) -> str:
    if attempt.kind == "registered":
        return "Have the PBX register with that key, or forward the number to an address as well"
    return "Compare host, port and transport in Forward to SIP with what the PBX listens on, and see its firewall"


def _pbx_unfound(call: Call, attempt: Attempt) -> str:
    if attempt.reason.startswith(UNANSWERED):
        return "See whether the name servers of that domain answer; others than the PBX's may be those that do not"
    return "Compare the host name in Forward to SIP with the PBX's in DNS"


_CARRIER: Mapping[str, Advice] = {
    "silence": _carrier_silent,
    "transport": _plain("The operator compares host, port and transport of {target} with what it gave out"),
    "dns": _carrier_unfound,
    "rule": _carrier_ruled_out,
    "unreadable": _plain("Show {target} the response; Kamailio's log has when it came"),
    "media": _plain("The operator asks `trunkline status` what became of rtpengine"),
}
_PBX: Mapping[str, Advice] = {
    "silence": _plain("See whether the PBX is up, and lets SIP in from the addresses on the page Trunk"),
    "transport": _pbx_unreached,
    "dns": _pbx_unfound,
    "unreadable": _plain("Look at the response in a trace of the PBX"),
    "media": _CARRIER["media"],
}
_CARRIER_SAID: Mapping[int, Advice] = {  # by status, or the first digit of one
    3: _plain("Have {target} go on to the new address itself: this service follows no redirections"),
    5: _plain("Ask {target} why, with the time and the numbers; another carrier on the route would have been tried"),
    401: _plain("The operator compares the username and password of {target} with what it gave out"),
    403: _plain("Ask {target} what it refuses: the caller ID {caller}, the number {called}, or calls of this service"),
    **dict.fromkeys(
        _NO_SUCH_NUMBER,
        _plain("See whether {called} is right; if so, the operator asks {target}, and looks at its strip and prefix"),
    ),
    **dict.fromkeys(_CODECS, _plain("Ask {target} which codecs it takes, and whether it wants SRTP or plain RTP")),
}
_CARRIER_SAID |= {407: _CARRIER_SAID[401], 400: _plain("Ask {target} what of the INVITE it does not take")}
_PBX_SAID: Mapping[int, Advice] = {
    3: _plain("Forward the number to the new address itself: this service follows no redirections"),
    5: _plain("The PBX's own log says why"),
    401: _plain("Have the PBX take calls from the addresses on the page Trunk without a password"),
    403: _plain("Have the PBX take calls from the addresses on the page Trunk, and from this caller"),
    **dict.fromkeys(_NO_SUCH_NUMBER, _plain("Compare the user in Forward to SIP with the extensions of the PBX")),
    **dict.fromkeys(_CODECS, _plain("See which codecs the PBX takes, and whether it wants SRTP or plain RTP")),
}
_PBX_SAID |= {407: _PBX_SAID[401]}
