"""The *Forward to SIP* text of a number: a comma-separated, ordered list of SIP URIs with our parameters.

`sip:1234@example.com;timeout=2000,sip:1234@example.net:5062;transport=tls`
"""

import ipaddress
import re
from dataclasses import dataclass

from trunkline.sip import uri as sip_uri
from trunkline.sip.uri import UriError

TIMEOUT_MS = range(2000, 20001)
DEFAULT_TIMEOUT_MS = 5000
MAX_TARGETS = 20  # at the longest timeout this is already over six minutes of a caller's patience
MEDIA = ("rtp", "srtp")  # '' leaves it to the account
OUR_PARAMETERS = ("timeout", "transport", "media")  # addressed to us: never sent on in the Request-URI


class ForwardError(ValueError):
    """What is wrong with a *Forward to SIP* text.

    `entry` counts from 1 (0: the text as a whole), `start` and `end` are the faulty entry's place in the text.
    """

    def __init__(self, problem: str, entry: int = 0, start: int = 0, end: int = 0):
        super().__init__(f"entry {entry}: {problem}" if entry else problem)
        self.problem, self.entry, self.start, self.end = problem, entry, start, end


@dataclass(frozen=True, slots=True)
class ForwardTarget:
    """One URI of the list. `uri` is the Request-URI to send; `port` 0 means RFC 3263 decides.

    `media` is 'rtp', 'srtp', or '' where the setting of the account decides.
    """

    uri: str
    user: str
    host: str
    port: int
    transport: str
    timeout_ms: int
    media: str

    def takes_srtp(self, setting: str) -> bool:
        """Whether its offer is SRTP, given the `srtp` setting of the account."""
        return setting == "required" or self.media == "srtp" or (setting == "offered" and not self.media)

    def as_dict(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        """The entry as a customer would write it, defaults left out."""
        text = self.uri
        if self.timeout_ms != DEFAULT_TIMEOUT_MS:
            text += f";timeout={self.timeout_ms}"
        if self.transport != "udp":
            text += f";transport={self.transport}"
        if self.media:
            text += f";media={self.media}"
        return text


def parse(text: str) -> list[ForwardTarget]:
    """The targets in order; [] for an empty text (the number is forwarded nowhere). Raises ForwardError."""
    if not text.strip():
        return []
    targets = []
    # A comma may stand in a user part (RFC 3261 §25.1), so a list is split only where a URI starts after it.
    pieces = list(re.finditer(r"(?:[^,]|,(?!\s*(?:sips?:|,|$)))+", text, re.IGNORECASE))
    if re.search(r",\s*(?:,|$)", text) or text.lstrip().startswith(","):
        raise ForwardError("there is a comma with no URI beside it")
    for entry, piece in enumerate(pieces, 1):
        try:
            targets.append(_target(piece.group().strip()))
        except UriError as error:
            problem = _second_without_scheme(piece.group()) or str(error)
            raise ForwardError(problem, entry, piece.start(), piece.end()) from None
    if len(targets) > MAX_TARGETS:
        raise ForwardError(f"there are {len(targets)} URIs; at most {MAX_TARGETS} are tried")
    return targets


def canonical(targets: list[ForwardTarget]) -> str:
    """The list as text again."""
    return ",".join(map(str, targets))


def _second_without_scheme(text: str) -> str:
    """What is wrong when a faulty entry is two, of which the second was written without its 'sip:'; '' if it is not."""
    # The comma of a user part stands in front of the '@', and is none between two.
    match = re.match(r"\s*sips?:(?:[^@]*@[^@,]*|[^@,]*),(?P<second>.+)", text, re.IGNORECASE | re.DOTALL)
    if match is None or "@" not in text[: match.start("second")] and "@" in match["second"]:
        return ""
    return f"{match['second'].strip()[:40]!r} after its comma does not start with 'sip:'"


def _target(text: str) -> ForwardTarget:
    uri = sip_uri.parse(text)
    _check_reachable(uri)
    transport = _transport(uri)
    # A Request-URI of scheme sips would demand TLS on every hop (RFC 3261 §26.2.2), which carriers do not give.
    sent = sip_uri.SipUri("sip", uri.user, uri.host, uri.port, uri.without(*OUR_PARAMETERS).parameters)
    return ForwardTarget(str(sent), uri.user, uri.host, uri.port, transport, _timeout(uri), _media(uri))


def _check_reachable(uri: sip_uri.SipUri) -> None:
    """Raises UriError for what no PBX can be, or be called."""
    if uri.is_ip:
        ip = ipaddress.ip_address(uri.host)
        if ip.is_multicast or ip.is_unspecified or uri.host == "255.255.255.255":
            raise UriError(f"{uri.host} is not an address that a PBX can have")
    if re.search(r"%(?:[01][0-9a-f]|7f)", uri.user, re.IGNORECASE):
        raise UriError(f"{uri.user!r} before the '@' has a control character")


def _transport(uri: sip_uri.SipUri) -> str:
    transport = (uri.parameter("transport") or "").lower()
    if uri.parameter("transport") is None:
        return "tls" if uri.scheme == "sips" else "udp"
    if uri.scheme == "sips" and transport in ("tcp", "tls"):
        return "tls"
    if transport not in sip_uri.TRANSPORTS or uri.scheme == "sips":
        raise UriError(f"transport={transport} is not possible here; write udp, tcp or tls")
    return transport


def _timeout(uri: sip_uri.SipUri) -> int:
    text = uri.parameter("timeout")
    if text is None:
        return DEFAULT_TIMEOUT_MS
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) not in TIMEOUT_MS:
        raise UriError(f"timeout={text} is not a number of milliseconds from {TIMEOUT_MS[0]} to {TIMEOUT_MS[-1]}")
    return int(text)


def _media(uri: sip_uri.SipUri) -> str:
    media = uri.parameter("media")
    if media is None:
        return ""
    media = media.lower()
    if media not in MEDIA:
        raise UriError(f"media={media} is not possible; write rtp or srtp")
    return media
