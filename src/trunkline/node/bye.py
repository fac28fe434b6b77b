"""The BYEs that end a call from its middle: one to each party, as its peer would send it through our edge."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote

from trunkline.contract import clearing, origin
from trunkline.node.open_call import OpenCall
from trunkline.sip.uri import in_uri

# RFC 3261 §8.1.1.5: it is below 2**31. Above all that the party has seen of its peer, and nothing follows a BYE. The
# edge may add up to 9 (`edge.dialog.SHIFT`), and some reckon with the next.
LAST_CSEQ = 2**31 - 11
CALLER, CALLEE = 0, 1

# RFC 3261 §25.1: a display name may be a quoted string, in which < means nothing.
_NAME_ADDR = re.compile(r'(?:\s*"(?:[^"\\]|\\.)*"\s*|[^"<]*)<([^>]*)', re.DOTALL)
# A user part may have semicolons, as that of a trunk group has (RFC 4904).
_HOST = re.compile(r"sips?:(?:[^@>]*@)?(\[[0-9a-fA-F:.]+\]|[^:;>?\s]+)", re.IGNORECASE)


class Bye(NamedTuple):
    """A request without its Via, which is the sender's."""

    start: str
    headers: str

    def text(self, via: str) -> bytes:
        return f"{self.start}\r\nVia: {via}\r\n{self.headers}\r\n".encode()


def both(call: OpenCall, words: str, domain: str, secret: str) -> list[Bye]:
    """To the callee and to the caller; one that we do not know how to reach is left out.

    `secret` seals them, see `contract.clearing`.
    """
    return [bye for party in (CALLEE, CALLER) if (bye := _bye(call, party, words, domain, secret))]


def _bye(call: OpenCall, party: int, words: str, domain: str, secret: str) -> Bye | None:
    target, routes = _target(call, party), _routes(call, party)
    if not target or not routes:
        return None
    other, reason = 1 - party, clearing.reason(words)
    names = [f"<sip:{_user(number)}@{domain}>;tag={tag}" for number, tag in zip(call.numbers, call.tags, strict=True)]
    headers = (
        f"Route: {', '.join(routes)}",
        f"From: {names[other]}",
        f"To: {names[party]}",
        f"Call-ID: {call.call_id}",
        f"CSeq: {LAST_CSEQ} BYE",
        "Max-Forwards: 70",
        f"Reason: {reason}",
        f"{clearing.HEADER}: {clearing.seal(secret, call.uid, reason)}",
        "Content-Length: 0",
    )
    return Bye(f"BYE {target} SIP/2.0", "".join(f"{header}\r\n" for header in headers))


def _routes(call: OpenCall, party: int) -> list[str]:
    """The Route from our edge on. RFC 3261 §12.1: the callee's route set is the Record-Route as it stands, which
    leads to the caller; the caller's is the reverse of it."""
    listed = call.routes if party == CALLER else call.routes[::-1]
    ours = next((index for index, route in enumerate(listed) if f";tl={call.uid}." in route), len(listed))
    return listed[ours:]


def _target(call: OpenCall, party: int) -> str:
    """The party's Contact; with the address that it sends from where the Contact would not lead there, which is the
    edge's own rule (`ksr/routes.py`). That address alone where the Contact is not known."""
    contact = call.contacts[party]
    transport, _, address = call.sources[party].partition(":")
    ip, _, port = address.rpartition(":")
    if not contact and ip:
        return f"sip:{in_uri(ip)}:{port};transport={transport}"
    bracketed = _NAME_ADDR.match(contact)
    uri = bracketed[1] if bracketed else contact.partition(";")[0]
    host = _HOST.match(uri.strip())
    if not host:
        return ""
    if transport == "udp" and _is_public(host[1]):
        return uri.strip()
    return uri.strip() + origin.note(ip, port, transport)


def _is_public(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_private or host.startswith("127.")
    except ValueError:
        return False


def _user(number: str) -> str:
    return quote(number, safe="+-_.!~*'()&=$,;?/")
