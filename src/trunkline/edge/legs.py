"""What kind of media each leg of a call has, and what the media relay is told of it.

A leg is what lies between us and one party: a carrier, or a customer's PBX. Whether its audio is SRTP is decided
once, by the caller's offer and for each attempt anew by the target, and stays so to the end of the call: nothing that
either side says later turns an encrypted leg into a plain one.
"""

from trunkline.edge.lookup import Account
from trunkline.edge.media import Step
from trunkline.sip import refusal, srtp
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.refusal import Refusal

# A leg as the transaction and the Record-Route keep it, two letters for the two legs of a call. A party that began
# with RTP/SAVPF (RFC 5124) takes no other offer later, baresip for one.
SRTP, SRTP_F, RTP, CARRIER = "s", "f", "r", "c"
ENCRYPTED = frozenset((SRTP, SRTP_F))
MEDIA = {SRTP: "srtp", SRTP_F: "srtp", RTP: None, CARRIER: None}  # in the journal; plain RTP goes without saying

_PROFILES = {SRTP: "RTP/SAVP", SRTP_F: "RTP/SAVPF", RTP: "RTP/AVP", CARRIER: "RTP/AVP"}


def wanted(account: Account | None) -> bool | None:
    """Which of a caller's audio streams is taken where it offers both, see sdp.parse."""
    return True if account and account.srtp == "required" else None


def of_caller(offer: str, account: Account | None) -> str | Refusal:
    """The leg of a call that begins. `offer` '' is none: then we offer. `account`: whose PBX calls, None: a carrier."""
    setting = account.srtp if account else "accepted"
    plain = RTP if account else CARRIER
    if not offer:
        return plain if setting == "accepted" else SRTP
    if not srtp.is_secure(offer):
        return refusal.srtp_required() if setting == "required" else plain
    problem = srtp.problem(offer)
    if problem:
        return refusal.unusable_srtp(problem)
    return SRTP_F if srtp.profile(offer) == _PROFILES[SRTP_F] else SRTP


def toward_pbx(target: ForwardTarget, account: Account) -> str:
    """The leg to one *Forward to SIP* target."""
    return SRTP if target.takes_srtp(account.srtp) else RTP


def later_offer(offer: str, leg: str) -> Refusal | None:
    """Whether an offer within a call may come from this leg."""
    if srtp.is_secure(offer) != (leg in ENCRYPTED):
        return refusal.profile_changed(_PROFILES[leg])
    problem = srtp.problem(offer) if leg in ENCRYPTED else ""
    return refusal.unusable_srtp(problem) if problem else None


def fault(description: str, leg: str) -> str:
    """Why the answer of an encrypted leg, or its offer in a response, would leave it unencrypted; '' when it is well.

    `description`: what the relay would get, '' when that is nothing and so no audio.

    The relay would take it, and send in the clear (measured).
    """
    if leg not in ENCRYPTED or not description:
        return ""
    if not srtp.is_secure(description):
        return "SRTP was offered, and the answer is plain RTP"
    problem = srtp.problem(description)
    return f"the SRTP of the answer cannot be used: {problem}" if problem else ""


def flags(step: Step, leg: str) -> str:
    """What the relay is told of a description that goes to this leg; an answer goes in the profile of its offer."""
    return "" if step == "answer" else f" {_PROFILES[leg]}"


def branch(step: Step, leg: str) -> str:
    """What it is told besides of an attempt's offer to this leg, or its answer from there.

    Each attempt with SRTP has a branch, and so a key, of its own: without, the relay shows the same one to every
    target (measured). A branch is known by our Via: the one to come in the INVITE, the first of a response.
    """
    if leg not in ENCRYPTED:
        return ""
    return " via-branch=next" if step == "offer" else " via-branch=1"
