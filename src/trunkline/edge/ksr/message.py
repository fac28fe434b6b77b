"""What a message says, as Kamailio received it."""

import re
from typing import NamedTuple
from urllib.parse import unquote

import KSR

from trunkline.sip import contact, header, multipart

_CSEQ = re.compile(r"([0-9]{1,10})\s+([!-~]+)", re.ASCII)  # LWS may be tabs, or a folded line
# In a list of addresses, by either scheme that has numbers (RFC 3966 has the other one); bounded, or a list of nothing
# but beginnings would hold up a worker.
_USER = re.compile(r"\bsips?:([^@<>,\s]{1,128})@|\btel:([^<>,?\s]{1,128})", re.IGNORECASE)
_CONTEXT = re.compile(r";phone-context=[^;@?>]*", re.IGNORECASE)
_ENDS_A_USER = frozenset("?@")  # in a URI: what is in front of an @ would be its user part
_LONGEST_NAME, _LONGEST_CONTACT = 255, 2048  # characters that are kept while a call lasts


class Source(NamedTuple):
    """Where a message came from, as Kamailio received it."""

    ip: str
    port: int
    transport: str

    def __str__(self) -> str:
        return f"{self.transport}:{self.ip}:{self.port}"


def edge_config_path() -> str:
    return KSR.kx.get_def("EDGE_CONFIG").strip('"')


def source() -> Source:
    return Source(KSR.kx.get_srcip(), KSR.kx.get_srcport(), KSR.kx.get_proto().lower())


def method() -> str:
    """As it is written; of bytes that are no UTF-8 it is none that anybody knows, and gets that answer."""
    try:
        return KSR.kx.get_method()
    except UnicodeDecodeError:
        return latin_1("$rm")


def text(variable: str) -> str:
    """What a far side wrote, where its bytes may be anything and must not cost the call; '' when not UTF-8."""
    try:
        return get(variable) or ""
    except UnicodeDecodeError:
        return ""


def latin_1(variable: str) -> str:
    """A text that need not be UTF-8, e.g. for a session name, and must not cost the call."""
    try:
        return get(variable) or ""
    except UnicodeDecodeError:
        name = variable[2:-1] if variable.startswith("$(") else variable[1:]
        return bytes.fromhex(get(f"$({name}{{s.encode.hexa}})")).decode("latin-1")


def user_part(variable: str) -> str:
    """A user part, unescaped; '' when there is none. `variable`: $rU, $fU or $tU.

    Of a telephone number (`tel:`, or `user=phone`) Kamailio leaves out the parameters, and with them whether it is a
    local one (RFC 3966 §5.1.5): it would be taken for a number of another country.
    """
    user = get(variable) or ""
    uri = get(f"{variable[:-1]}u") or ""
    if (context := _CONTEXT.search(uri)) and not _CONTEXT.search(user):
        user += context[0]
    return unquote(user) if "%" in user else user


def diversions() -> tuple[str, ...]:
    """The user parts of the Diversion (RFC 5806) and History-Info (RFC 7044) headers, unescaped."""
    found = (_users(name) for name in ("Diversion", "History-Info") if KSR.hdr.is_present(name) > 0)
    return tuple(user for users in found for user in users)


def _users(name: str) -> list[str]:
    values = ",".join(latin_1(f"$(hdr({name})[{i}])") for i in range(4))
    return [unquote(sip or tel) for sip, tel in _USER.findall(values)]


def has_to_tag() -> bool:
    return KSR.siputils.has_totag() > 0


def cseq() -> tuple[int, str] | None:
    """Number and method; None when it is not written as RFC 3261 §25.1 has it, of which Kamailio reads the digits."""
    match = _CSEQ.fullmatch(text("$hdr(CSeq)"))
    return (int(match[1]), match[2]) if match else None


def is_readable() -> bool:
    """Whether Kamailio reads every header of a response: where a line is no header field it reads none, and topoh has
    left in what stands for the other side's Via and Call-ID."""
    return cseq() is not None


def is_tagged() -> bool:
    """Whether a response's dialog can be told from others in what we keep of it: a quoted tag, which none is, may have
    blanks."""
    return header.is_tag(text("$tt"))


def too_long() -> str:
    """Which of a request's identifiers, that are kept while the call lasts, is longer than any is in earnest."""
    for name, variable in (("Call-ID", "$ci"), ("the tag of From", "$ft")):
        if len(text(variable)) > _LONGEST_NAME:
            return f"{name} is longer than {_LONGEST_NAME} characters"
    return ""


def tag_fault() -> str:
    """What is wrong with the tag of a new call's From. Our Record-Route takes it along, as a parameter of its URI: one
    that ends there early leaves a call that nobody can end."""
    tag = text("$ft")
    if header.is_tag(tag) and _ENDS_A_USER.isdisjoint(tag):
        return ""
    return "the tag of From is no token: write letters, digits and . - _ only"


def contact_fault() -> str:
    """What is wrong with the Contact of a request that has one; topoh hides the first of several, and none that it
    cannot read."""
    if KSR.hdr.is_present("Contact") < 0:
        return ""
    value = latin_1("$ct")
    if len(value) > _LONGEST_CONTACT:
        return f"Contact is longer than {_LONGEST_CONTACT} characters"
    if KSR.hdr.get_idx("Contact", 1) or not contact.is_one_uri(value):
        return "Contact must hold one SIP URI, in angle brackets"
    return ""


def registration_fault() -> str:
    """What is wrong with a REGISTER's Contacts, or its Expires; the registrar would say so in a header of its own."""
    values = []
    while (value := latin_1(f"$(hdr(Contact)[{len(values)}])")) and len(values) <= contact.MOST:
        values.append(value)
    return contact.registration_fault(values, text("$hdr(Expires)"))


def demanded(header: str = "Require") -> list[str]:
    """The extensions that the request's Require, or Proxy-Require, names, in small letters."""
    if KSR.hdr.is_present(header) < 0:
        return []
    named = ",".join(text(f"$(hdr({header})[{i}])") for i in range(4))
    return [option.strip().lower() for option in named.split(",") if option.strip()]


def identity() -> str:
    """What a request and its copies have alike, and no other request (RFC 3261 §8.1.1 and §17.2.3)."""
    branch = text("$sel(via[1].branch)")[:_LONGEST_NAME]
    return f"{text('$ci')} {text('$ft')} {text('$cs')} {branch}"


def is_retransmission() -> bool:
    """Of a request whose transaction lives: its last response is sent again."""
    return KSR.tm.t_check_trans() == 0


def is_request() -> bool:
    return get("$mt") == 1


def reply_code() -> int:
    return KSR.kx.get_status()


def has_body() -> bool:
    """Of a response all that comes behind its header is the body: some say too little of it."""
    there = get("$bs") or 0
    return there > 0 and not (is_request() and get("$cl") == 0)


def has_surplus() -> bool:
    """Whether a request without a body has octets where it would be."""
    return is_request() and get("$cl") == 0 < (get("$bs") or 0)


def is_longer_than_said() -> bool:
    """Whether octets come behind the body, which a datagram may have."""
    said = get("$cl")
    return said is not None and said < (get("$bs") or 0)


def has_sdp() -> bool:
    """Whether a body is a session description, or holds one; whether that can be read is another question."""
    if not has_body():
        return False
    kind = text("$cT").lower()
    if not kind.startswith(("application/sdp", "multipart/")):
        return False
    return kind.startswith("application/") or sdp() != ""


def sdp() -> str:
    """The session description of a message; '' when its multipart body has none."""
    kind, body = text("$cT"), latin_1("$rb")
    if is_request() and is_longer_than_said():
        body = body.encode()[: get("$cl")].decode(errors="replace")
    return multipart.description(kind, body) if kind.lower().startswith("multipart/") else body


def log_error(text: str) -> None:
    KSR.err(text + "\n")


get = KSR.pv.get
put = KSR.pv.sets
