"""Checks of what people type, shared by the services."""

import math
import re

from trunkline.control.errors import ServiceError
from trunkline.sip import number, uri

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_PREFIX = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


def check_name(kind: str, name: str) -> str:
    """The name of an account, a carrier or an endpoint: short, and safe in a command line, a URL and a file name."""
    if not _NAME.fullmatch(name):
        raise ServiceError(
            f"{name!r} cannot be the name of {kind}: write 1 to 63 of a-z, 0-9, '.', '_' and '-', "
            "a letter or digit first"
        )
    return name


def check_host(whose: str, text: str, rest: str) -> str:
    """A host name or IP address, as it is kept. `rest`: where what else a URI has is to be written."""
    try:
        parsed = uri.parse(f"sip:[{text}]" if ":" in text and uri.is_ip(text) else f"sip:{text}")
    except uri.UriError as error:
        raise ServiceError(f"{text!r} cannot be {whose} host: {error}") from None
    if parsed.user or parsed.port or parsed.parameters:
        raise ServiceError(f"{text!r} is more than a host: write {parsed.host!r}, and {rest}")
    return parsed.host


def check_count(what: str, value: int, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ServiceError(f"{what} cannot be {value!r}: write a whole number from {low} to {high}")
    return value


def check_degrees(what: str, value: float, most: int) -> float:
    """A latitude (`most` 90) or longitude (180)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ServiceError(f"{what} cannot be {value!r}: write degrees like 51.5074")
    if abs(value) > most:
        raise ServiceError(f"{what} {value} is not on the Earth: it is from -{most} to {most} degrees")
    return float(value)


def check_prefix(text: str) -> str:
    """The digits of an E.164 prefix, '+' optional; '' stays ''."""
    digits = text.strip().removeprefix("+")
    if digits and not _PREFIX.fullmatch(digits):
        raise ServiceError(
            f"{text!r} is not a prefix of telephone numbers: write a country code and what follows it, "
            "digits only, like 44 or 447700"
        )
    return digits


def check_e164(text: str) -> str:
    """The digits of an E.164 number, as they are kept."""
    digits = number.e164(text.strip())
    if digits is None:
        raise ServiceError(
            f"{text!r} is not an E.164 number: write country code and number, 7 to 15 digits, like +447700900000"
        )
    return digits


def missing(kind: str, name: str, hint: str) -> ServiceError:
    return ServiceError(f"there is no {kind} {name!r}: {hint}")
