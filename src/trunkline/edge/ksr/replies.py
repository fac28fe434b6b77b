"""Responses that we give ourselves, each refusal with its words as Warning 399 (RFC 3261 §20.43)."""

import KSR

from trunkline.edge.ksr.message import get, method
from trunkline.edge.ksr.shape import head
from trunkline.sip import header, refusal
from trunkline.sip.refusal import Refusal


def refuse(why: Refusal, headers: str = "") -> None:
    """The final response to the request, with its reason in plain words; an ACK gets none."""
    if method() == "ACK":
        return
    warn(why)
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(why.code, why.reason)


def refuse_extensions(unknown: list[str], demand: str) -> None:
    """RFC 3261 §8.2.2.3 and §16.3. `demand`: the header that names them."""
    told = [option for option in unknown if header.is_token(option)]
    refuse(refusal.bad_extension(unknown, demand), f"Unsupported: {', '.join(told)}\r\n" if told else "")


def warn(why: Refusal) -> None:
    words = why.warning.replace("\\", "").replace('"', "'")
    words = "".join(c if " " <= c <= "~" else "?" for c in words)[:400]
    KSR.hdr.append_to_reply(f'Warning: 399 trunkline "{words}"\r\n')


def reply(code: int, reason: str, headers: str = "") -> None:
    if headers:
        KSR.hdr.append_to_reply(headers)
    KSR.sl.send_reply(code, reason)


def refuse_malformed() -> None:
    """Answer what `is_sane` found, with its status and reason, and with words of ours."""
    if scheme := header.foreign_scheme(head()):
        refuse(refusal.unknown_scheme(scheme))
        return
    warn(refusal.malformed("the status line says what is missing or wrong"))
    if KSR.sanity.sanity_reply() < 0 and method() != "ACK":
        _refuse_unreadable()


def _refuse_unreadable() -> None:
    """Kamailio makes no response to a request whose header it cannot read whole."""
    written = head().replace("\0", "?")
    # Without a Via that can be read there is nobody to answer to, and Kamailio 6.0 crashes when it is made to.
    if KSR.textopsx.msg_set_buffer(header.answerable(written)) > 0 and KSR.hdr.is_present("Via") > 0:
        refuse(refusal.malformed(header.fault(written)))


def final(why: Refusal) -> None:
    """The transaction's final response."""
    warn(why)
    KSR.tm.t_reply(why.code, why.reason)


def final_from_response(why: Refusal) -> None:
    """The same in a callback for a response, where no header field of ours gets into it: the words are its reason
    phrase (RFC 3261 §7.2)."""
    KSR.tm.t_reply(why.code, why.warning.partition(":")[0])


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


def fail_request(why: Refusal) -> None:
    """Answer a request after our own code failed, whether its transaction was begun or not."""
    if method() == "ACK":
        return
    warn(why)
    if KSR.tm.t_exists() > 0:
        KSR.tm.t_reply(why.code, why.reason)
    else:
        KSR.sl.send_reply(why.code, why.reason)
