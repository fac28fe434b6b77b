"""Where a session description (RFC 8866) has media sent."""

import ipaddress
import re

NOWHERE = frozenset(("0.0.0.0", "::"))  # "do not send" (RFC 3264 §8.4)

_ADDRESS = re.compile(r"^(?:c=|a=rtcp:[0-9]+ )IN IP[46] ([^\s/]+)", re.MULTILINE | re.IGNORECASE)


def addresses(description: str) -> set[str]:
    """Every address that media or its reports shall be sent to, but for those that mean none; IPv6 in short form."""
    return {_short(address) for address in _ADDRESS.findall(description)} - NOWHERE


def _short(address: str) -> str:
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Address(address))
    except ValueError:
        return address
