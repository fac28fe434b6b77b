"""The Contact and Record-Route of a message on its way: such as topoh hides, and that lead back to its sender."""

import re
from functools import lru_cache

import KSR

from trunkline.contract import origin
from trunkline.edge.ksr import hiding
from trunkline.edge.ksr.message import get, latin_1, source
from trunkline.sip import contact
from trunkline.sip.uri import in_uri

_IS_PRIVATE, _VIA_DIFFERS_FROM_SOURCE, _PORT_DIFFERS_FROM_VIA = 1, 2, 16  # nat_uac_test's questions
# RFC 3261 §25.1: a user part may have semicolons, as that of a trunk group has (RFC 4904).
_HOST = re.compile(r"sips?:(?:[^@>\"]{0,255}@)?(\[[0-9a-fA-F:.]+\]|[^:;>?\s]+)", re.IGNORECASE)
_LONGEST_KEPT = 256  # characters of a Contact that is kept in memory
_FLOWS = "flows"  # the table of where registered PBXs send from over UDP, which they can be called at


def lead_back() -> None:
    """Have later requests sent to where this message came from, where its Contact would not lead there.

    A Contact in private space does not, nor does one of a party that came over a connection (that is the way back),
    nor a host name, which a worker would have to look up. Nor need a public one of a PBX that is registered where this
    came from: it may be that of another NAT, or have a port that its NAT has given to another PBX.
    """
    value = latin_1("$ct")
    elsewhere = not KSR.is_UDP() or KSR.nathelper.nat_uac_test(_IS_PRIVATE) > 0 or not is_ip(value) or _is_flow()
    if _is_plain(value):
        if elsewhere:
            KSR.nathelper.set_contact_alias()
        return
    uri = contact.first_uri(value)
    hiding.remove_contact()
    if uri:
        hiding.append_header(f"Contact: <{uri}{origin.note(*source()) if elsewhere else ''}>")


def for_waiting() -> str:
    """The Contact of a provisional response to this request that is our own; '' if its sender demands reliable ones,
    which can only be acknowledged to their maker (RFC 3262 §3)."""
    return "" if KSR.hdr.is_present("Require") > 0 else get("$RAut")


def is_behind_nat() -> bool:
    """Whether the sender of a request seems to be."""
    return KSR.nathelper.nat_uac_test(_IS_PRIVATE | _VIA_DIFFERS_FROM_SOURCE | _PORT_DIFFERS_FROM_VIA) > 0


def note_flow() -> None:
    """The REGISTER that came over UDP is taken."""
    KSR.htable.sht_sets(_FLOWS, _place(), "1")


def _is_flow() -> bool:
    return KSR.htable.sht_get(_FLOWS, _place()) is not None


def _place() -> str:
    ip, port, _ = source()
    return f"{ip}:{port}"


def ensure() -> None:
    """In a response that makes a dialog: name its sender where that, against RFC 3261 §12.1.1, does not do so itself.
    Nobody could acknowledge or end the call otherwise."""
    if KSR.hdr.is_present("Contact") < 0:
        ip, port, transport = source()
        hiding.append_header(f"Contact: <sip:{in_uri(ip)}:{port};transport={transport}>")


def leave_behind_odd() -> None:
    """In a message whose Contact nobody needs: one that topoh would not hide as a whole goes no further."""
    if not _is_plain(latin_1("$ct")):
        hiding.remove_contact()


def is_usable() -> bool:
    """Whether the Contact of an answer, if there is one, can be called, by the way that it came."""
    called = KSR.hdr.is_present("Contact") < 0 or contact.first_uri(latin_1("$ct")) != ""
    return called and not route_fault()


def route_fault() -> str:
    """What is wrong with the Record-Routes, in words; topoh would show what it cannot read."""
    if KSR.hdr.is_present("Record-Route") < 0:  # so it is of most messages
        return ""
    place = 0
    while value := latin_1(f"$(hdr(Record-Route)[{place}])"):
        plain = contact.are_plain_routes if len(value) <= _LONGEST_KEPT else contact.are_plain_routes.__wrapped__
        if not plain(value):
            return "Record-Route must hold SIP URIs in angle brackets, separated by commas"
        place += 1
    return ""


def leave_behind_odd_routes() -> None:
    """In a message that changes no route: what topoh would not hide goes no further."""
    if route_fault():
        KSR.hdr.remove("Record-Route")


def is_ip(value: str) -> bool:
    return (_has_ip if len(value) <= _LONGEST_KEPT else _has_ip.__wrapped__)(value)


@lru_cache(1000)  # most write the same in each of their messages
def _has_ip(value: str) -> bool:
    match = _HOST.search(value)
    return match is not None and (match[1].startswith("[") or match[1].replace(".", "").isdigit())


def _is_plain(value: str) -> bool:
    """Whether there is no Contact of which topoh would leave anything. `value`: the message's first, '' for none."""
    if not value:
        return KSR.hdr.is_present("Contact") < 0
    plain = contact.is_plain if len(value) <= _LONGEST_KEPT else contact.is_plain.__wrapped__
    return plain(value) and not latin_1("$(hdr(Contact)[1])")
