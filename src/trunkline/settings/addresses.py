"""IP addresses in settings. Each raises ValueError."""

import ipaddress


def ip(value: str) -> str:
    return str(ipaddress.ip_address(value)) if value else ""  # as Kamailio writes it


def told(value: str) -> str:
    """One that others have to be told, or to reach."""
    if value and (ipaddress.ip_address(value).is_unspecified or ipaddress.ip_address(value).is_multicast):
        raise ValueError("it is told to others, so it has to be the address of one machine")
    return ip(value)


def ips(values: list[str]) -> list[str]:
    return [str(ipaddress.ip_address(value)) for value in values]
