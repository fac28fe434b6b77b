"""Responses that we give ourselves, each refusal with its words as Warning 399 (RFC 3261 §20.43)."""

import KSR

from trunkline.edge.ksr.message import get, method
from trunkline.sip.refusal import Refusal


def refuse(refusal: Refusal, headers: str = "") -> None:
    """The final response to the request, with its reason in plain words."""
    warn(refusal)
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(refusal.code, refusal.reason)


def warn(refusal: Refusal) -> None:
    text = refusal.warning.replace("\\", "").replace('"', "'")
    text = "".join(c if " " <= c <= "~" else "?" for c in text)[:400]
    KSR.hdr.append_to_reply(f'Warning: 399 trunkline "{text}"\r\n')


def reply(code: int, reason: str, headers: str = "") -> None:
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(code, reason)


def refuse_malformed(refusal: Refusal) -> None:
    """Answer what `is_sane` found, with its status and reason, and with words of ours."""
    warn(refusal)
    KSR.sanity.sanity_reply()


def final(refusal: Refusal) -> None:
    """The transaction's final response."""
    warn(refusal)
    KSR.tm.t_reply(refusal.code, refusal.reason)


def progress() -> None:
    """A provisional response of our own, so that the caller waits on; not to one who demands reliable ones."""
    if KSR.hdr.is_present("Require") > 0:
        return
    # RFC 3261 §12.1.1: it makes an early dialog, and so it has a Contact.
    KSR.hdr.append_to_reply(f"Contact: <{get('$RAut')}>\r\n")
    KSR.tm.t_reply(183, "Session Progress")


def refreshed() -> None:
    """The transaction's final response: the session is refreshed by its sender (RFC 4028 §9).

    Not by the far side, for which nobody here can speak; and without a Contact, so that it stays where it was: topoh
    masks none in a response of our own.
    """
    interval, _, parameters = (get("$hdr(Session-Expires)") or "").partition(";")
    if interval and "uas" not in parameters.lower():
        KSR.hdr.append_to_reply(f"Session-Expires: {interval.strip()};refresher=uac\r\nRequire: timer\r\n")
    KSR.tm.t_reply(200, "OK")


def accept() -> None:
    """The transaction's final response: done."""
    KSR.tm.t_reply(200, "OK")


def unsent() -> None:
    """Answer a request that could not be forwarded with the engine's own status for why, 477 to 479."""
    KSR.sl.sl_reply_error()


def fail_request(refusal: Refusal) -> None:
    """Answer a request after our own code failed, whether its transaction was begun or not."""
    if method() == "ACK":
        return
    warn(refusal)
    if KSR.tm.t_exists() > 0:
        KSR.tm.t_reply(refusal.code, refusal.reason)
    else:
        KSR.sl.send_reply(refusal.code, refusal.reason)
