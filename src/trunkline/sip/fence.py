"""Where no customer may have us send: this machine itself. What listens there for us alone would be within reach of
whoever may forward a number, and a test of it tells an open port from a closed one.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

LOOPBACK = "a loopback address"
OURS = "an address of this service itself"


@dataclass(frozen=True, slots=True)
class Fence:
    """Addresses are written as `ipaddress` writes them; `exempt` has `ip:port` (`[ip]:port` for IPv6)."""

    open: bool = False  # nothing is refused
    loopback: bool = False  # loopback addresses may be called: nobody outside this machine reaches the service anyway
    own: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()

    def problem(self, ip: str, port: int) -> str:
        """What an address is that no PBX can be called at; '' for one that may be called."""
        kind, plain = _kind(ip)
        return (kind or (OURS if plain in self.own else "")) if self.judges(ip, port) else ""

    def is_nowhere(self, ip: str) -> bool:
        """Whether an address is one that no PBX has, wherever it is: link-local, as a cloud's metadata service, of no
        machine, or of many."""
        return not self.open and _kind(ip)[0] not in ("", LOOPBACK)

    def judges(self, ip: str, port: int) -> bool:
        """Whether it matters what an address is."""
        return not (self.open or (self.loopback and _kind(ip)[0] == LOOPBACK) or place(ip, port) in self.exempt)


def place(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


@lru_cache(1000)
def _kind(text: str) -> tuple[str, str]:
    """What is wrong with an address for everybody ('' for nothing), and how it is written without IPv6 around it."""
    ip = ipaddress.ip_address(text)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback:
        return LOOPBACK, str(ip)
    if ip.is_link_local:
        return "a link-local address", str(ip)
    if ip.is_unspecified or (ip.version == 4 and ip.packed[0] == 0):
        return "an address of no machine", str(ip)  # Linux connects it to this one
    if ip.is_multicast or str(ip) == "255.255.255.255":
        return "an address of many machines", str(ip)
    return "", str(ip)
