"""Every way in which Trunkline itself refuses a request: the status, and plain words that tell what to do.

The words travel as `Warning: 399` (RFC 3261 §20.43) and stand in the journal; a person who reads them in a PBX's
log must need nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.sip import status
from trunkline.sip.codecs import spoken
from trunkline.sip.srtp import WRITE_THUS

_LIMIT, _BARRED, _NOT_CARRIED = (
    "The limit",
    "its destinations, which the operator sets, leave it out",
    "are not carried by this service",
)


def is_limit(words: str) -> bool:
    """Whether a refusal's words are of what the operator allows, and no more, instead of somebody's mistake."""
    return words.startswith(_LIMIT) or words.endswith((_BARRED, _NOT_CARRIED))


@dataclass(frozen=True, slots=True)
class Refusal:
    code: int
    warning: str

    @property
    def reason(self) -> str:
        return status.of(self.code).reason


def _brief(text: str) -> str:
    """What a stranger wrote, short enough to leave room for what to do about it."""
    return text if len(text) <= 64 else f"{text[:61]}..."


def nobody_registered() -> Refusal:
    return Refusal(480, "No PBX is registered with this key")


def flow_failed() -> Refusal:
    return Refusal(430, "The PBX registered over a connection that is gone: it must register again")


def no_pbx_there(what: str) -> Refusal:
    return Refusal(403, f"It leads to {what} instead of a PBX")


def malformed(what: str) -> Refusal:
    return Refusal(400, f"The request is malformed: {what}")


def bad_extension(options: Sequence[str], header: str) -> Refusal:
    return Refusal(420, f"'{_brief(', '.join(options))}' is not supported: leave it out of {header}")


def unknown_scheme(scheme: str) -> Refusal:
    return Refusal(416, f"'{_brief(scheme)}:' is not understood here: begin the Request-URI with sip:, sips: or tel:")


def unknown_credentials() -> Refusal:
    return Refusal(407, "The API key or its secret is wrong: compare both with those of your trunk")


def other_realm(realm: str, ours: str) -> Refusal:
    words = f"The digest is for the realm '{_brief(realm)}': make it for the realm of the challenge, '{ours}'"
    return Refusal(407, words)


def unreadable_credentials() -> Refusal:
    return Refusal(407, "The credentials cannot be read: send one Digest in each header field, each parameter once")


def unknown_sender() -> Refusal:
    words = "Calls arrive without credentials from an address that belongs to nobody here"
    return Refusal(407, f"{words}: send those of a key, or have the operator add the address as a source")


def account_disabled() -> Refusal:
    return Refusal(403, "This account is disabled: ask your operator to enable it")


def carrier_disabled() -> Refusal:
    return Refusal(403, "Calls from this carrier are disabled here: ask whoever runs this service to enable it")


def bad_recipient(user: str) -> Refusal:
    return Refusal(404, f"'{_brief(user)}' is not an E.164 number: dial country code and number, as in 447700900000")


def bad_caller_id(user: str) -> Refusal:
    return Refusal(403, f"The caller ID '{_brief(user)}' is not an E.164 number: set From to one, as in 447700900000")


def foreign_caller_id(number: str) -> Refusal:
    words = f"The caller ID {number} is not a number of this account, nor is any in Diversion or History-Info"
    return Refusal(403, f"{words}: set From to one that is")


def destination_not_allowed(number: str) -> Refusal:
    return Refusal(403, f"This account may not call {number}: {_BARRED}")


def destination_refused(number: str) -> Refusal:
    return Refusal(403, f"Calls to {number} {_NOT_CARRIED}")


def too_many_per_second(limit: int, called: str = "") -> Refusal:
    return _over(f"{_calls(limit)} per second", "place calls more slowly", called)


def too_many_at_once(limit: int, called: str = "") -> Refusal:
    return _over(f"{_calls(limit)} at once", "wait for one to end", called)


def _over(limit: str, what_to_do: str, called: str) -> Refusal:
    """`called`: the number whose account it is that has the limit, '' where that is the caller's."""
    if called:
        return Refusal(503, f"{_LIMIT} of {limit} for the account that has {called} is reached: it may ask for more")
    return Refusal(503, f"{_LIMIT} of {limit} for the calling account is reached: {what_to_do}, or ask for more")


def _calls(limit: int) -> str:
    return "1 call" if limit == 1 else f"{limit} calls"


def no_route(number: str) -> Refusal:
    return Refusal(404, f"No carrier here serves {number}: the operator can add a route")


def number_not_hosted(number: str) -> Refusal:
    return Refusal(404, f"{number} is not a number of an account of this service")


def not_forwarded(number: str) -> Refusal:
    return Refusal(480, f"{number} is not forwarded: type a SIP URI into its Forward to SIP field")


def owner_disabled(number: str) -> Refusal:
    return Refusal(480, f"The account that owns {number} is disabled")


def method_not_allowed(method: str) -> Refusal:
    return Refusal(405, f"{method} is not supported here")


def unknown_dialog() -> Refusal:
    return Refusal(481, "This request belongs to no call of this service, or its Route was altered")


def leads_back() -> Refusal:
    return Refusal(482, "The Request-URI leads back to this service: send to the Contact of the far side")


def came_back() -> Refusal:
    return Refusal(
        482, "This INVITE came from here: to send the call out again, place a new call (do not act as a proxy)"
    )


def call_id_in_use() -> Refusal:
    return Refusal(482, "Another call with this Call-ID is not over: give each branch of a forked call its own Call-ID")


def too_many_hops() -> Refusal:
    return Refusal(483, "Max-Forwards is used up: the call goes in a circle")


def not_taken(code: int, detail: str) -> Refusal:
    """`detail` names no target: these words go to the other side, which must not learn who is behind a number."""
    return Refusal(code, f"No Forward to SIP URI took the call: {detail}")


def no_carrier(detail: str) -> Refusal:
    return Refusal(503, f"No carrier could take the call: {detail}")


def rang_out(seconds: int) -> Refusal:
    return Refusal(480, f"It rang for {seconds} s and nobody answered")


def redirected() -> Refusal:
    return Refusal(480, "The called side redirected the call, which a trunk does not follow")


def ended_unasked() -> Refusal:
    return Refusal(
        480, "The called side ended the call before anybody answered (487), though the caller had not given up"
    )


def ended_on_order() -> Refusal:
    return Refusal(480, "Whoever runs this service ended the call before anybody answered")


def credentials_demanded() -> Refusal:
    return Refusal(502, "The called side demands credentials that it was not given, or refused those it was given")


def unreadable(code: int) -> Refusal:
    words = (
        "a line is not a header field or not UTF-8, its tag is no token, Contact has no SIP URI, or Record-Route lacks"
    )
    return Refusal(code, f"The called side's response cannot be read: {words} angle brackets")


def bad_sdp(code: int, words: str) -> Refusal:
    return Refusal(code, words)


def cannot_be_transcoded() -> Refusal:
    return Refusal(
        488, "The called side lacks the codec offered, which cannot be transcoded: offer PCMA or PCMU as well"
    )


def none_accepted(names: tuple[str, ...]) -> Refusal:
    return Refusal(488, f"The called side accepted none of the caller's codecs, nor {', '.join(map(spoken, names))}")


def unknown_body(kind: str) -> Refusal:
    what = f"A body of type '{_brief(kind)}'" if kind else "A body without Content-Type"
    return Refusal(415, f"{what} is not carried here: send the offer as application/sdp")


def srtp_required() -> Refusal:
    return Refusal(488, f"This account requires SRTP: offer RTP/SAVP with {WRITE_THUS}")


def unusable_srtp(problem: str) -> Refusal:
    return Refusal(488, f"The SRTP of this offer cannot be used: {problem}")


def profile_changed(profile: str) -> Refusal:
    return Refusal(488, f"This call began with {profile}, which cannot be changed: offer {profile}")


def draining() -> Refusal:
    return Refusal(503, "This node is being taken out of service and takes no new calls: use another endpoint")


def media_unavailable() -> Refusal:
    return Refusal(503, "No media relay is there, or none has a port left, so the call cannot be anchored")


def digit_without_audio() -> Refusal:
    words = "The digit cannot be played before its sender has sent audio"
    return Refusal(488, f"{words}: send audio first (even silence), or use RFC 4733")


def out_of_reach() -> Refusal:
    return Refusal(480, "The other side cannot be reached: its connection is gone, or its address leads nowhere")


def name_servers_silent() -> Refusal:
    words = "Name servers are too slow now to look up a host name in Route"
    return Refusal(503, f"{words}: write IP addresses into Record-Route")


def records_unavailable() -> Refusal:
    return Refusal(503, "Call records cannot be written (is the disk full?), so no call is accepted")


def internal_error() -> Refusal:
    return Refusal(500, "This server failed to handle the request; the operator's log says why")
