"""What passes from one side to the other, and under whose name."""

import re
from functools import lru_cache

import KSR

from trunkline.edge.ksr.message import cseq, get, latin_1, put, text

# What passes from one side to the other; every other header stays behind, because it may name a host, a product
# or a person of that side (User-Agent, Server, P-Charging-Vector, Call-Info, Remote-Party-ID, Warning, ...).
# TH is the note that topoh leaves itself in a message; it takes it out when the message leaves.
_PASSING_NAMES = (
    "via v from f to t call-id i cseq contact m max-forwards route record-route content-type c content-length l"
    " content-disposition content-encoding e content-language mime-version accept accept-encoding accept-language"
    " allow supported k require proxy-require unsupported session-expires x min-se rack rseq reason privacy"
    " p-early-media retry-after event o subscription-state info-package recv-info th"
)
_PASSING = frozenset(_PASSING_NAMES.split())
WITHIN_CALLS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO")  # methods that pass
# RFC 3261 §7.3.1: blanks may stand before the colon, and a line that starts with one goes on with the field before it.
_FIELD_NAME = re.compile(r"\n([^:\s][^:\r\n]*)")
_ALLOW = re.compile(r"\nAllow[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE)
_MANY, _LONG = 64, 100  # names of headers, and the characters of one; nobody writes as many in earnest
_PASSING_RE = f"^({'|'.join(_PASSING_NAMES.split())})$"
_LONGEST_KEPT = 4096  # characters of headers; the names of no more are kept in memory


def hide(from_uri: str, to_uri: str) -> None:
    """In a request, leave behind what belongs to its sender only, and name the parties as the far side knows them."""
    leave_behind()
    # For the responses: for $T_req Kamailio copies and parses the whole request once more.
    put("$avp(from_uri)", _name("$fu", from_uri, KSR.uac.uac_replace_from_uri))
    put("$avp(to_uri)", _name("$tu", to_uri, KSR.uac.uac_replace_to_uri))


def hide_response() -> None:
    """The same in a response, where From and To become again what the request had."""
    leave_behind()
    _name("$fu", get("$avp(from_uri)"), KSR.uac.uac_replace_from_uri)
    _name("$tu", get("$avp(to_uri)"), KSR.uac.uac_replace_to_uri)


def leave_behind() -> None:
    """Remove the headers that belong to a message's sender only, and narrow Allow."""
    # Read in one piece: asking Kamailio for one field after the other takes three times as long, and keep_hf_re, which
    # compiles its expression for every message, longer still (measured). But for the thousands of names that a message
    # has room for, which would hold up a worker for 100 ms when they are removed one by one, and for very long ones,
    # which remove does not find: it goes through them once.
    headers = latin_1("$mb").partition("\r\n\r\n")[0]
    strangers = _strangers if len(headers) <= _LONGEST_KEPT else _strangers.__wrapped__
    names = strangers(*_FIELD_NAME.findall(headers))
    if names is None:
        KSR.textopsx.keep_hf_re(_PASSING_RE)
    else:
        for name in names:
            KSR.hdr.remove(name)
    _narrow_allow(headers)


def _narrow_allow(headers: str) -> None:
    """Have Allow name no method that would be refused here: a PBX that reads REFER there tries to transfer by it."""
    passing = _passing_methods if len(headers) <= _LONGEST_KEPT else _passing_methods.__wrapped__
    allowed = passing(*_ALLOW.findall(headers))
    if allowed is not None:
        KSR.hdr.remove("Allow")
        append_header(f"Allow: {allowed}")


@lru_cache(256)
def _passing_methods(*values: str) -> str | None:
    """What Allow header fields say on the other side; None for the same."""
    named = [method.strip() for value in values for method in value.split(",")]
    passing = [method for method in named if method in WITHIN_CALLS]
    return None if passing == named else ", ".join(passing)


@lru_cache(256)  # a party writes the same headers in each of its calls
def _strangers(*names: str) -> frozenset[str] | None:
    """Which of a message's headers stay behind; None where they cannot be removed by their names."""
    found = frozenset(name.rstrip().lower() for name in names) - _PASSING
    return None if len(found) > _MANY or any(len(name) > _LONG for name in found) else found


def _name(variable: str, uri: str, replace) -> str:
    """Name a party; returns how it was named before."""
    before = text(variable)
    if uri != before:
        replace(uri)
    return before


def append_header(line: str) -> None:
    KSR.hdr.append(line + "\r\n")


def wish(option: str) -> None:
    """Say that an extension is supported where the sender has demanded it (Require)."""
    demanded = [part.strip() for i in range(4) for part in (KSR.hdr.get_idx("Require", i) or "").split(",")]
    KSR.hdr.remove("Require")
    if others := [name for name in demanded if name and name.lower() != option]:
        append_header("Require: " + ", ".join(others))
    append_header(f"Supported: {option}")


def shift_cseq(by: int) -> None:
    """Count the CSeq, and that in a PRACK's RAck, up or down."""
    if not (written := cseq()):  # whoever gets it refuses it, or knows no such transaction
        return
    number, name = written
    KSR.hdr.remove("CSeq")
    append_header(f"CSeq: {number + by} {name}")
    acknowledged = text("$hdr(RAck)").split()
    if len(acknowledged) == 3 and acknowledged[1].isascii() and acknowledged[1].isdigit():
        KSR.hdr.remove("RAck")
        append_header(f"RAck: {acknowledged[0]} {int(acknowledged[1]) + by} {acknowledged[2]}")


def remove_contact() -> None:
    KSR.hdr.remove("Contact")


def remove_body() -> None:
    KSR.textopsx.remove_body()
