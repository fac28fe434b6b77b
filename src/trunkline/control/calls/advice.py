"""What to do next about a call that came to nothing, for whoever reads its record: one sentence, or none."""

from collections.abc import Callable, Mapping, Sequence

from trunkline.contract.journal import GONE, TAKEN_AWAY
from trunkline.contract.names import UNANSWERED
from trunkline.control.calls import ending
from trunkline.control.calls.models import REJECTED, Attempt, Call
from trunkline.control.calls.seen import THEIR_PBX
from trunkline.sip.number import e164

type Advice = Callable[[Call, Attempt], str]

_NO_SUCH_NUMBER = (404, 410, 484, 604)
_CODECS = (415, 488, 606)
_OF_NOBODY = (
    "If {called} is one of the operator's numbers, the operator has to give it to an account; if not, the carrier errs"
)
_STRANGER = (
    "If that address is a carrier's, the operator has to add it to that carrier's sources; if not, a stranger called"
)
_ASK_CARRIER = "Ask {target} where it sent its audio; say when, and which numbers"
_STILL_UP = "Ask {target} whether the call is over for it, too; say when it ended, and which numbers"
_LOOK_AT_PBX = (
    "Check that the PBX sends its audio to the media addresses on the page Trunk, and that its firewall lets it out"
)
_KEEP_OPEN = "behind NAT it has to stay registered, or to send OPTIONS every 25 s, so that SIP from here gets in"
_STILL_IN = f"Check that the PBX is not in the call still; {_KEEP_OPEN}"
_PEOPLE = (480, 486, 487, 600, 603)


def of(call: Call, attempts: Sequence[Attempt]) -> str:
    """'' where there is nothing to do, and where our own refusal says it already."""
    if call.answered:
        return _about_the_end(call, attempts) or _about_silence(call, attempts)
    if call.refused is None:
        return ""
    if call.outcome == REJECTED or not attempts:
        return _OF_NOBODY.format(called=call.called) if _has_no_owner(call) else _STRANGER if call.code == 407 else ""
    last = attempts[-1]
    if last.target == THEIR_PBX:
        return (
            ""
            if last.cause == "ring" or last.code in _PEOPLE
            else f"Tell whoever has {call.called} that it was their PBX"
        )
    if last.code and last.cause != "cancel":
        table = _CARRIER_SAID if last.kind == "carrier" else _PBX_SAID
        advice = table.get(last.code) or table.get(last.code // 100)
    else:
        table = _CARRIER if last.kind == "carrier" else _PBX
        advice = table.get(last.cause)
    return advice(call, last) if advice else ""


def _about_the_end(call: Call, attempts: Sequence[Attempt]) -> str:
    party, last = ending.uninformed(call), attempts[-1] if attempts else None
    if not party or last is None:
        return ""
    is_target = party == "callee"
    if is_target and last.target == THEIR_PBX:
        return f"Tell whoever has {call.called} that their PBX may be in the call still"
    if last.kind == "carrier" if is_target else call.direction == "inbound":
        return _STILL_UP.format(target=last.target if is_target else call.carrier or "the carrier")
    return _STILL_IN


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
    return f"Tell whoever has {call.called} that their PBX sent no audio" if last.target == THEIR_PBX else _LOOK_AT_PBX


def _has_no_owner(call: Call) -> bool:
    return call.direction == "inbound" and call.code == 404 and e164(call.called) is not None


def _plain(words: str) -> Advice:
    return lambda call, attempt: words.format(target=attempt.target, caller=call.caller, called=call.called)


def _carrier_silent(call: Call, attempt: Attempt) -> str:
    where = f" at {attempt.address}" if attempt.address else ""
    if "100 Trying" in attempt.reason:
        return f"{attempt.target} got the INVITE: ask what became of it; say when, and which numbers"
    return f"Ask {attempt.target} whether it got the INVITE{where}; if not, look for a firewall on the way"


def _carrier_unfound(call: Call, attempt: Attempt) -> str:
    if attempt.reason.startswith(UNANSWERED):
        return "The operator has to check that the name servers in dns.servers answer, and then those of that domain"
    return f"The operator has to compare the host of {attempt.target} with what the carrier gave, and look it up in DNS"


def _carrier_ruled_out(call: Call, attempt: Attempt) -> str:
    if attempt.reason == TAKEN_AWAY:
        return f"The operator has to enable {attempt.target} again, or to put another carrier on the route"
    return f"The operator has to change how many digits are stripped for {attempt.target}"


def _pbx_silent(call: Call, attempt: Attempt) -> str:
    words = "Check that the PBX is up, and that it lets SIP in from the addresses on the page Trunk"
    if attempt.kind != "registered":
        return words
    return f"{words}; if a NAT gave it another port or address since it registered, have it register more often"


def _pbx_unreached(call: Call, attempt: Attempt) -> str:
    if attempt.reason == GONE:
        return "Have the PBX register again, and every few minutes: so it notices a connection that is lost"
    if attempt.kind == "registered":
        return "Have the PBX register with that key, or forward the number to an address as well"
    return "Compare host, port and transport in Forward to SIP with what the PBX listens on, and check its firewall"


def _pbx_unfound(call: Call, attempt: Attempt) -> str:
    if attempt.reason.startswith(UNANSWERED):
        return "Check that the name servers of that domain answer; if they do, those that this service asks may not"
    return "Compare the host name in Forward to SIP with the PBX's name in DNS"


_CARRIER: Mapping[str, Advice] = {
    "silence": _carrier_silent,
    "transport": _plain("The operator has to compare host, port and transport of {target} with what the carrier gave"),
    "dns": _carrier_unfound,
    "rule": _carrier_ruled_out,
    "unreadable": _plain("Show {target} its response; Kamailio's log says when it came"),
    "media": _plain("The operator has to look at rtpengine in `trunkline status`"),
}
_PBX: Mapping[str, Advice] = {
    "silence": _pbx_silent,
    "transport": _pbx_unreached,
    "dns": _pbx_unfound,
    "unreadable": _plain("Look at the response in a trace of the PBX"),
    "media": _CARRIER["media"],
}
_CARRIER_SAID: Mapping[int, Advice] = {  # by status, or the first digit of one
    3: _plain("Have {target} go on to the new address itself: this service does not follow redirections"),
    5: _plain("Ask {target} why; say when, and which numbers. Another carrier on the route would have been tried next"),
    401: _plain("The operator has to compare the username and password of {target} with what the carrier gave"),
    403: _plain("Ask {target} what it refuses: the caller ID {caller}, the number {called}, or calls of this service"),
    **dict.fromkeys(
        _NO_SUCH_NUMBER,
        _plain("Check {called}; if it is right, the operator has to ask {target}, and check its strip and prefix"),
    ),
    **dict.fromkeys(_CODECS, _plain("Ask {target} which codecs it accepts, and whether it wants SRTP or plain RTP")),
}
_CARRIER_SAID |= {407: _CARRIER_SAID[401], 400: _plain("Ask {target} what in the INVITE it does not accept")}
_PBX_SAID: Mapping[int, Advice] = {
    3: _plain("Forward the number to the new address itself: this service does not follow redirections"),
    5: _plain("The PBX's own log says why"),
    401: _plain("Have the PBX take calls from the addresses on the page Trunk without a password"),
    403: _plain("Have the PBX take calls from the addresses on the page Trunk, and from this caller"),
    **dict.fromkeys(_NO_SUCH_NUMBER, _plain("Compare the user in Forward to SIP with the extensions of the PBX")),
    **dict.fromkeys(_CODECS, _plain("Check which codecs the PBX accepts, and whether it wants SRTP or plain RTP")),
}
_PBX_SAID |= {407: _PBX_SAID[401]}
