"""The transaction of a request: how it is begun, sent on, timed and ended."""

import time
from collections.abc import Callable

import KSR

from trunkline.edge.ksr import message
from trunkline.edge.ksr.message import get, method, put, text
from trunkline.sip import spoken
from trunkline.sip.uri import is_ip

# ms that another node has for its 100, but for half of the attempt's time: the INVITE is repeated once at least (RFC
# 3261 §17.1.1.2), and there may be another way
_NODE_PATIENCE = "2000"
_BEGUN = "begun"  # the table of requests that must not be taken twice
# Within a call a late copy of these does harm: its offer would undo a newer one, its digit be dialled again.
_ONCE = frozenset(("INVITE", "UPDATE", "PRACK", "INFO"))
_TERMINATED = 487
# ms. Timers B and F of RFC 3261: whoever sends a request within a call waits as long, and a 408 to a re-INVITE ends the
# call. And what a re-INVITE has for its answer behind a provisional response.
_SENDERS_PATIENCE, _ANSWER = 32_000, 120_000
_LONGEST_WORDS = 255  # characters that a record keeps of what a far side says
_AUDIO_PAUSE, _AUDIO_TRIES = 250, 8  # ms between two looks for a party's first audio; each takes a branch, of twelve


def begin() -> bool:
    """Create the transaction, which answers 100 and absorbs retransmissions. False: it was one of those.

    One may come when tm has let the transaction go, 5 s after its end, from a network or a sender that was held up; it
    would be a second call. So requests are remembered for a minute beside it: to keep the transactions themselves for
    the 32 s of RFC 6026 would take six times the memory.
    """
    request = message.identity()
    if KSR.htable.sht_inc(_BEGUN, request) > 1:
        return False
    if KSR.tm.t_newtran() < 1:
        KSR.htable.sht_rm(_BEGUN, request)  # its sender will ask again
        return False
    KSR.tm.t_set_disable_internal_reply(1)
    return True


def own() -> None:
    """Have the refusal of a request within a call, which follows, be a transaction's: the ACK of a re-INVITE that we
    refuse is ours (RFC 3261 §17.1.1.3), and would go to the other party, who has heard of no such INVITE."""
    if method() == "INVITE":
        KSR.tm.t_newtran()


def is_copy(method: str) -> bool:
    """Whether the current request within a call was taken before; its last response is sent again while its transaction
    lives."""
    if method not in _ONCE:
        return False
    return message.is_retransmission() or KSR.htable.sht_get(_BEGUN, message.identity()) > 0


def aim(uri: str, next_hop: str) -> None:
    """Where the next `send` goes. `next_hop` '' leaves what the location store has set."""
    put("$ru", uri)
    if next_hop:
        put("$du", next_hop)
    else:
        KSR.pv.unset("$du")
    KSR.pv.unset("$xavp(tls)")
    if next_hop.endswith(";transport=tls"):
        _name_server(get("$rd"))
    KSR.pv.unset("$fs")
    KSR.pv.unset("$avp(patience)")


def _name_server(host: str) -> None:
    """Have a TLS connection that is opened now say whom it is for (RFC 6066 §3: a name, never an address): where many
    share an address, as hosted PBXs do, whoever is not named is not reached."""
    if not is_ip(host.strip("[]")):
        put("$xavp(tls=>server_name)", host)


def aim_at_node(uri: str) -> None:
    """The next `send` goes to another node, which answers 100 at once if it is there."""
    put("$ru", uri)
    KSR.pv.unset("$du")
    put("$avp(patience)", _NODE_PATIENCE)


def send(timeout: int) -> bool:
    """Send the INVITE to where `aim` points; silence of `timeout` ms ends it. False: it could not be sent."""
    put("$avp(due)", str(round(time.monotonic() * 1000) + timeout))
    patience = get("$avp(patience)")
    KSR.tm.t_set_fr(timeout, min(timeout // 2, int(patience)) if patience else timeout)
    KSR.tm.t_on_branch("ksr_branch")
    KSR.tm.t_on_reply("ksr_reply")
    KSR.tm.t_on_failure("ksr_failure")
    return KSR.tm.t_relay() > 0


def answer_challenge(username: str, password: str) -> bool:
    """Add the carrier's credentials to the INVITE of the next `send`; False when the challenge is not usable."""
    put("$avp(carrier_username)", username)
    put("$avp(carrier_password)", password)  # without a realm of its own they serve for whatever realm is asked
    return KSR.uac.uac_auth() > 0


def repeat() -> bool:
    """In a failure callback of a request within a call: send it again to where it went. False: it could not be sent."""
    return KSR.tm.t_relay() > 0


def expect_refusal() -> None:
    """The request to be relayed offers media, refreshes its session, or goes to a carrier: its refusal, or silence, is
    looked at."""
    KSR.tm.t_on_failure("ksr_dialog_failure")


def expect_end() -> None:
    """The request to be relayed ends a call: its refusal, or silence, is looked at."""
    KSR.tm.t_on_failure("ksr_bye_failure")


def wait_for_audio() -> bool:
    """Have `ksr_digit` called again in a while; False when that was often enough."""
    tries = int(get("$avp(tries)") or 0)
    if tries == _AUDIO_TRIES:
        return False
    put("$avp(tries)", str(tries + 1))
    KSR.tm.t_set_fr(_AUDIO_PAUSE, _AUDIO_PAUSE)
    KSR.tm.t_on_failure("ksr_digit")
    return KSR.tmx.t_suspend() > 0


def pass_on(on_reply: str, ringing: int, silence: int) -> bool:
    """Forward a request of another node to what `find_registered` has found. `ringing`, `silence`: ms after which it is
    given up. False: it could not be sent."""
    KSR.tm.t_set_fr(ringing, silence)
    KSR.tm.t_on_reply(on_reply)
    return KSR.tm.t_relay() > 0


def relay(on_reply: str = "", silence: int = _SENDERS_PATIENCE) -> bool:
    """Forward a request to where its Request-URI and Route say; False when it could not be sent, and is to be answered
    (but for an ACK). `silence`: ms after which it is given up."""
    if method() == "ACK":
        KSR.tm.t_relay()
        return True
    KSR.tm.t_set_fr(_ANSWER, silence)
    if on_reply:
        KSR.tm.t_on_reply(on_reply)
    sent = KSR.tm.t_relay() >= 0
    if sent and method() in _ONCE:  # what is refused may be repeated: its sender may have missed that
        KSR.htable.sht_inc(_BEGUN, message.identity())
    return sent


def relay_cancel(note: Callable[[], object]) -> bool:
    """Cancel what the CANCEL's INVITE has started, once it is noted; False when there is no such INVITE."""
    if KSR.tm.t_check_trans() < 0 or KSR.tm.t_lookup_cancel() < 0:
        return False
    note()
    KSR.tm.t_relay()
    return True


def absorb_ack() -> None:
    """An ACK to one of our own final responses ends here (RFC 3261 §17.2.1)."""
    KSR.tm.t_check_trans()


def drop() -> None:
    """In a branch callback, this INVITE does not leave; in one for a stray response, that goes no further."""
    KSR.set_drop()


def keep_deadline() -> None:
    """A 100 has come: the engine would count the whole timeout once more from here."""
    left = max(1, int(get("$avp(due)")) - round(time.monotonic() * 1000))
    KSR.tm.t_set_fr(left, left)


def put_off_deadline(timeout: int) -> None:
    """A 100 has come from who may take `timeout` ms from now on until it rings."""
    put("$avp(due)", str(max(int(get("$avp(due)")), round(time.monotonic() * 1000) + timeout)))
    keep_deadline()


def let_ring(timeout: int) -> None:
    """It rings: silence of `timeout` ms from here on ends the attempt."""
    KSR.tm.t_set_fr(timeout, timeout)


def is_cancelled() -> bool:
    return KSR.tm.t_is_canceled() > 0


def terminate_refused() -> None:
    """In a failure callback of a cancelled transaction: its sender gets 487, whatever the target has just said, as that
    might be a challenge to us."""
    if KSR.tm.t_get_status_code() != _TERMINATED:
        terminate()


def terminate() -> None:
    """The sender of a cancelled transaction gets 487 (RFC 3261 §9.2), unless it has that already."""
    KSR.tm.t_reply(_TERMINATED, "Request Terminated")


def timed_out() -> bool:
    return KSR.tm.t_branch_timeout() > 0


def lacks_reliable_responses() -> bool:
    """Whether the response that ended the attempt says that its sender knows no reliable provisional responses."""
    return "100rel" in text("$T_rpl($hdr(Unsupported))").lower()


def has_replied() -> bool:
    """Whether the target that was given up has sent anything, if only a 100."""
    return KSR.tm.t_branch_replied() > 0


def failed_reply() -> tuple[int, str, str]:
    """The status of the response that ended the attempt, its reason phrase, and what it says besides."""
    said = spoken.of(text("$T_rpl($hdr(Warning))"), text("$T_rpl($hdr(Reason))"))
    return KSR.tm.t_get_status_code(), text("$T_reply_reason"), said[:_LONGEST_WORDS]
