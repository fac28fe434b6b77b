"""What each field of an endpoint may be, with an answer for whoever wrote it otherwise."""

import ipaddress
import re
from collections.abc import Callable, Iterable

from trunkline.contract.endpoints import ANY_PORT, MediaRange
from trunkline.control.errors import ServiceError
from trunkline.control.sources.services import NotANetwork, parse
from trunkline.control.words import check_count, check_degrees, check_host

_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_MEDIA = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:\[\]]*)):(?P<low>[0-9]{1,5})-(?P<high>[0-9]{1,5})", re.ASCII)
LONGEST_CITY = 80  # characters
MOST = 64  # addresses, sources or media ranges of one endpoint


def check(fields: dict[str, object]) -> dict[str, object]:
    """The fields as they are kept; those that are None are left out. Raises ServiceError."""
    unknown = sorted(set(fields) - set(CHECKS))
    if unknown:
        raise ServiceError(f"an endpoint has no {unknown[0]!r}: it has {', '.join(CHECKS)}")
    return {name: CHECKS[name](value) for name, value in fields.items() if value is not None}


def media_range(text: str) -> MediaRange:
    """`198.51.100.160/28`, or `198.51.100.20:30000-39999`, or `[2001:db8::7]:30000-39999`."""
    match = _MEDIA.fullmatch(text.strip())
    try:
        network, port = parse((match["six"] or match["four"]) if match else text)
    except NotANetwork:
        raise ServiceError(
            f"{text!r} does not say where audio is: write an address or network, followed by the range of its ports "
            "unless all are, like 198.51.100.20:30000-39999 ([2001:db8::7]:30000-39999 for IPv6) or 198.51.100.160/28"
        ) from None
    low, high = (int(match["low"]), int(match["high"])) if match else ANY_PORT
    if port:
        raise ServiceError(f"{text!r} has one port: media needs a range of them, like 198.51.100.20:30000-39999")
    if not 1 <= low <= high <= 65535:
        raise ServiceError(f"{text!r} has no range of ports: write the lowest and the highest, from 1 to 65535")
    return MediaRange(_short(network), low, high)


def _host(text: str) -> str:
    text = _text(text).lower().rstrip(".")
    if text.startswith(("sip:", "sips:")):
        raise ServiceError(f"{text!r} cannot be an endpoint's host: write its name or IP address without 'sip:'")
    return check_host("an endpoint's", text, "the port as port and tls_port")


def _region(text: str) -> str:
    if not _REGION.fullmatch(_text(text)):
        raise ServiceError(
            f"{text!r} cannot be a region: write 1 to 63 of a-z, 0-9 and '-', a letter or digit first, like eu-west"
        )
    return text


def _city(text: str) -> str:
    text = _text(text).strip()
    if len(text) > LONGEST_CITY or not text.isprintable():
        raise ServiceError(f"a city is at most {LONGEST_CITY} printable characters")
    return text


def _degrees(what: str, most: int) -> Callable[[object], float]:
    return lambda value: check_degrees(what, value, most)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise ServiceError(f"{text!r} is not an IP address, like 198.51.100.11 or 2001:db8::11") from None


def _source(text: str) -> str:
    try:
        network, port = parse(text)
    except NotANetwork:
        raise ServiceError(f"{text!r} is not a network: write an IP address or a CIDR like 192.0.2.0/24") from None
    if port:
        raise ServiceError(f"{text!r} has a port: calls come from any; write the address or network alone")
    return _short(network)


def _short(network: str) -> str:
    return network.removesuffix("/128" if ":" in network else "/32")


def _listed(what: str, one: Callable[[str], object]) -> Callable[[object], list[str]]:
    def checked(values: object) -> list[str]:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ServiceError(f"{what} is a list of texts, not {values!r}")
        found = list(dict.fromkeys(str(one(_text(value))) for value in values))
        if len(found) > MOST:
            raise ServiceError(f"an endpoint has at most {MOST} {what}")
        return found

    return checked


def _count(what: str, low: int, high: int) -> Callable[[object], int]:
    return lambda value: check_count(what, value, low, high)


def _enabled(value: object) -> bool:
    if not isinstance(value, bool):
        raise ServiceError(f"enabled cannot be {value!r}: it is true or false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ServiceError(f"{value!r} is not a text: put it in quotes")
    return value


CHECKS: dict[str, Callable] = {
    "host": _host,
    "city": _city,
    "latitude": _degrees("latitude", 90),
    "longitude": _degrees("longitude", 180),
    "region": _region,
    "addresses": _listed("addresses", _address),
    "port": _count("port", 1, 65535),
    "tls_port": _count("tls_port", 1, 65535),
    "sources": _listed("sources", _source),
    "media": _listed("media ranges", media_range),
    "weight": _count("weight", 1, 65535),
    "enabled": _enabled,
}
