"""Where a message goes: Record-Route and Route, Contacts, NAT, registered contacts."""

import re
from enum import Enum

import KSR

from trunkline.contract import origin
from trunkline.contract.journal import GONE
from trunkline.edge.ksr import contacts
from trunkline.edge.ksr.hiding import append_header
from trunkline.edge.ksr.message import get, latin_1, put, text
from trunkline.sip import contact

# What fix_nated_register makes of where a REGISTER came from
_OVER_CONNECTION = re.compile(r"sips?:([^;]+);transport=(tcp|tls)", re.IGNORECASE)
_ORIGIN = re.compile(rf";{origin.PARAMETER}=[^;?~]+~[0-9]+~[0-9]+(?=[;?]|$)", re.ASCII)
_ROUTED = re.compile(r"<(sips?:[^>]*)>", re.IGNORECASE)
_CONTACT_IS_IP = re.compile(r"\[.*\]|[0-9.]+")
_ONE_CONTACT = 4  # `save`: the newest Contact replaces the others, or those of a PBX whose port changes pile up
_WHILE_REGISTERED = 7260  # s; above the longest registration, as nobody can call a PBX whose idle connection was closed
_PINGED = 7  # the branch flag that kamailio.cfg names as usrloc's nat_bflag


class Found(Enum):
    """What there is of a registered contact; the value says it of a call that did not get there."""

    HERE = ""
    ELSEWHERE = "another node holds its flow"
    NOWHERE = "no PBX is registered with this key"
    LOST = GONE


def find_registered(uri: str) -> Found:
    """Aim at the contact that last registered as the user of `uri`."""
    if KSR.registrar.lookup_uri("location", uri) < 0:
        return Found.NOWHERE
    if "?" in (uri := get("$ru")):
        put("$ru", contact.without_headers(uri))
    # At the port that a connection came from nobody listens, unless the Contact says so: it is the PBX's to open.
    hop = _OVER_CONNECTION.match(get("$du") or "")
    if hop is None or hop[1] == f"{get('$rd')}:{get('$rp')}":
        return Found.HERE
    return Found.HERE if _has_connection(hop[1]) else Found.LOST


def is_connected(ip: str, port: int) -> bool:
    """Whether a connection to there is up, over TCP or TLS."""
    return _has_connection(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}")


def _has_connection(place: str) -> bool:
    return KSR.tcpops.tcp_get_conid(place, "$avp(connection)") > 0


def forget_routes() -> None:
    """A preloaded Route (an outbound proxy is one) has led here; followed further it would lead past our routing."""
    KSR.hdr.remove("Route")


def record_route(parameter: str) -> None:
    """In a branch callback: have the target, and the caller by its response, send later requests through us."""
    KSR.rr.record_route_params(parameter)


def record_routes() -> list[str]:
    """The values of the Record-Route headers, from the top."""
    values = []
    while value := _record_route(len(values)):
        values.append(value)
    return values


def returns_over_udp() -> bool:
    """Whether a response goes back over UDP, as the Via below ours says. A connection that its request came by may have
    ended with an earlier process, and only its other end can open one."""
    return get("$via1(proto)") == "UDP"


def _record_route(place: int) -> str:
    try:
        return KSR.hdr.get_idx("Record-Route", place)
    except UnicodeDecodeError:  # a far side's bytes, which must not cost the call
        return latin_1(f"$(hdr(Record-Route)[{place}])")


def has_passed_here() -> bool:
    """Whether the current INVITE has a Record-Route of ours: a proxy passes on what we have sent it (RFC 3261 §6 calls
    that a spiral)."""
    if KSR.hdr.is_present("Record-Route") < 0:
        return False
    return any(KSR.is_myself(uri) for value in record_routes() for uri in _ROUTED.findall(value))


def named_route() -> str:
    """The URI of the first Route, which stays; '' for none."""
    return text("$route_uri") if KSR.hdr.is_present("Route") > 0 else ""


def follow_route() -> str | None:
    """Take our Route off and return its URI; None when the request does not come through us by one."""
    if KSR.hdr.is_present("Route") < 0:
        return None
    route = get("$route_uri")
    return route if KSR.rr.loose_route() > 0 else None


def follow_contact(*, to_caller: bool) -> None:
    """Send to where the far side's messages came from, when `contacts.lead_back` said so.

    Where that was a connection which is gone, nobody need listen at the port that it came from: whoever can be reached
    at its Contact is connected to there, as RFC 3261 §18.1.1 has it. A callee listens where it was called.
    """
    if KSR.isdsturiset():  # by a Route of the far side's own, whose proxies get the Contact as it was written
        uri = get("$ru")
        if (contact_uri := _ORIGIN.sub("", uri)) != uri:
            put("$ru", contact_uri)
        return
    KSR.nathelper.handle_ruri_alias()
    hop = _OVER_CONNECTION.match(get("$du") or "")
    if hop is None or _has_connection(hop[1]):
        return
    ip, host = hop[1].rpartition(":")[0], get("$rd")
    if not _CONTACT_IS_IP.fullmatch(host):
        host = ip
    elif host != ip and (not to_caller or KSR.nathelper.is_rfc1918(host) > 0):  # it is behind its NAT
        return
    put("$du", f"sip:{host}:{get('$rp')};transport={hop[2]}")


def save_contact(address_of_record: str, path: str) -> None:
    """Keep the Contacts of a REGISTER and answer it. `path`: the Path to what perhaps only we can reach, '' without
    nodes."""
    # Always called where it came from: a Contact, or its maddr, that names a third party would have us call that one,
    # a carrier for instance, which bills the operator for it.
    KSR.nathelper.fix_nated_register()
    behind_nat = contacts.is_behind_nat() or not contacts.is_ip(text("$ct"))
    if behind_nat or KSR.is_UDP():  # a NAT may well be one that has its PBX write the public address (STUN, an ALG)
        KSR.setbflag(_PINGED)
    if path:
        _replace_path(path)
    if KSR.registrar.save_uri("location", _ONE_CONTACT, address_of_record) < 0:
        return
    if KSR.is_UDP():
        contacts.note_flow()
    else:
        KSR.tcpops.tcp_set_connection_lifetime(_WHILE_REGISTERED)


def _replace_path(path: str) -> None:
    """The Path of a REGISTER is what a node puts there: by one of its own a PBX could have us call a third party."""
    KSR.hdr.remove("Path")
    append_header(f"Path: <{path}>")
    KSR.textopsx.msg_apply_changes()  # `save` reads the message as it stands


def next_host() -> str:
    """The host that the current request goes to next."""
    return (get("$nh(d)") or "").strip("[]")


def way() -> list[str]:
    """Where the current request comes from and goes to: the address of its sender, the host of its Request-URI, that of
    its next hop, and the `maddr`, if it has one (RFC 3261 §19.1.1)."""
    hosts = (get("$si"), get("$rd"), next_host(), get("$(ru{uri.maddr})"))
    return [host.strip("[]") for host in hosts if host]


def force_rport() -> None:
    KSR.force_rport()


def may_forward() -> bool:
    return KSR.maxfwd.process_maxfwd(70) > 0


def aims_at_us() -> bool:
    """Whether the current request goes to a socket of this server next."""
    return KSR.is_myself(get("$du") or get("$ru"))
