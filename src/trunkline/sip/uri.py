"""SIP URIs (RFC 3261 §19.1): parsed, checked, written back."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

TRANSPORTS = ("udp", "tcp", "tls")
DEFAULT_PORT = {"udp": 5060, "tcp": 5060, "tls": 5061}  # RFC 3261 §19.1.2

_URI = re.compile(
    r"(?P<scheme>sips?):"
    r"(?:(?P<user>[^@]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:;?@\[\]]*)"
    r"(?::(?P<port>[^;?]*))?"
    r"(?P<parameters>;[^?]*)?"
    r"(?P<headers>\?.*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
# RFC 3261 §25.1: user = 1*( unreserved / escaped / user-unreserved )
_USER = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+", re.ASCII)
# RFC 3261 §25.1: paramchar = param-unreserved / unreserved / escaped
_PARAMETER = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|%[0-9A-Fa-f]{2})+", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_PRIVATE = [
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                 "fc00::/7", "fe80::/10", "::1/128")
]  # fmt: skip


class UriError(ValueError):
    """Why a text is not a SIP URI, in words for the person who typed it."""


@dataclass(frozen=True, slots=True)
class SipUri:
    """`user` is as written (escapes kept, '' when there is none), `host` lower case, IPv6 without brackets;
    `port` 0 when none is written; `parameters` keep their order, names lower case, None for a bare name."""

    scheme: str
    user: str
    host: str
    port: int
    parameters: tuple[tuple[str, str | None], ...]

    @property
    def is_ip(self) -> bool:
        return is_ip(self.host)

    def parameter(self, name: str) -> str | None:
        """The value of a parameter, '' for a bare one; None when it is not there."""
        return next((value or "" for key, value in self.parameters if key == name), None)

    def without(self, *names: str) -> "SipUri":
        kept = tuple(item for item in self.parameters if item[0] not in names)
        return SipUri(self.scheme, self.user, self.host, self.port, kept)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        parameters = "".join(f";{k}" if v is None else f";{k}={v}" for k, v in self.parameters)
        return f"{self.scheme}:{user}{in_uri(self.host)}{port}{parameters}"


def in_uri(host: str) -> str:
    """A host or IP address as it stands in a URI (RFC 3261 §25.1: an IPv6reference)."""
    return f"[{host}]" if ":" in host else host


def parse(text: str) -> SipUri:
    """Parse a `sip:` or `sips:` URI; raises UriError. URI headers (`?name=value`) are refused."""
    if re.search(r"[\x00-\x20\x7f-\U0010ffff<>\"]", text):
        raise UriError("it has a blank, a quote, an angle bracket or a character outside ASCII; write it as %XX")
    match = _URI.fullmatch(text)
    if not match:
        raise UriError(
            "it does not start with 'sip:'"
            if not text.lower().startswith(("sip:", "sips:"))
            else "it is not of the form sip:user@host"
        )
    if match["headers"]:
        raise UriError("header fields ('?…') are not allowed in it")
    if match["user"] is not None and not _USER.fullmatch(match["user"]):
        raise UriError(
            "there is nothing before the '@'"
            if not match["user"]
            else f"{match['user']!r} before the '@' has a character that must be written as %XX"
        )
    return SipUri(
        match["scheme"].lower(),
        match["user"] or "",
        _host(match["host"]),
        _port(match["port"]),
        _parameters(match["parameters"] or ""),
    )


@lru_cache(maxsize=1024)  # each call asks for its carriers' hosts
def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_private(address: str) -> bool:
    """Whether an IP address means something else elsewhere (RFC 1918, 4193 and 6598, loopback and link-local)."""
    if not is_ip(address):
        return False
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in _PRIVATE if network.version == ip.version)


def ip_version(address: str) -> int:
    """4 or 6, of what `is_ip`."""
    return 6 if ":" in address else 4


def _host(text: str) -> str:
    if not text:
        raise UriError("there is no host after the '@'")
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            raise UriError(f"{text} is not an IPv6 address") from None
    name = text.lower().rstrip(".")
    if re.fullmatch(r"[0-9.]+", name):
        if not is_ip(name):
            raise UriError(f"{text} is not an IPv4 address")
        return name
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UriError(f"{text!r} is not a host name")
    return name


def _port(text: str | None) -> int:
    if text is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 1 <= int(text) <= 65535:
        raise UriError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def _parameters(text: str) -> tuple[tuple[str, str | None], ...]:
    found: dict[str, str | None] = {}
    for item in text.split(";")[1:]:
        name, equals, value = item.partition("=")
        if not _PARAMETER.fullmatch(name) or (equals and not _PARAMETER.fullmatch(value)):
            raise UriError(f"';{item}' is not a parameter")
        if name.lower() in found:
            raise UriError(f"the parameter '{name}' is there twice")
        found[name.lower()] = value if equals else None
    return tuple(found.items())
