"""Whether a request is whole: asked before anything of it is believed."""

import KSR

from trunkline.edge.ksr.message import get, has_sdp, latin_1


def is_sane() -> bool:
    """Kamailio's checks of syntax and mandatory headers; `refuse_malformed` says which one failed."""
    return KSR.sanity.sanity_check(17767, 7) > 0


def body_fault() -> str:
    """What is wrong with the length of the body, in words."""
    said, there = get("$cl"), get("$bs") or 0
    if said is None or said == there:
        return ""
    if said > there:
        return f"Content-Length is {said}, and the body has {there} octets"
    # What a datagram has behind its body is to be discarded (RFC 3261 §18.3), or it would begin the next message on a
    # connection. No body can be cut here, but taken away, or written anew.
    return "" if said == 0 or has_sdp() else f"Content-Length is {said}, and {there} octets follow the header"


def head() -> str:
    """The request line and the header, as they came."""
    return latin_1("$mb").partition("\r\n\r\n")[0]
