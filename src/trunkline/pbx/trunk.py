"""What a configuration is made of: the customer's trunk, and what its PBX is like."""

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SECRET_PLACEHOLDER = "YOUR-SECRET"
ADDRESS_PLACEHOLDER = "YOUR-PBX-ADDRESS"


class Secret(str):
    """A text that no error message may repeat."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where the trunk takes calls. `host` is its name, or its address where it has none; `addresses` are the
    IP addresses behind the name; `ports` has a port for each transport that it takes: udp, tcp, tls. `srv`: the name is
    looked up for SRV records, which have the hosts and their ports, so none is written behind it."""

    host: str
    addresses: tuple[str, ...]
    ports: Mapping[str, int]
    srv: bool = False

    @property
    def bracketed(self) -> str:
        return bracketed(self.host)

    def at(self, transport: str) -> str:
        """host:port, as it stands in a SIP URI; without a port where SRV records have it."""
        return self.host if self.srv else f"{self.bracketed}:{self.ports[transport]}"

    def port_at(self, transport: str) -> str:
        """The port, for a field of its own: '' where SRV records have it."""
        return "" if self.srv else str(self.ports[transport])


@dataclass(frozen=True, slots=True)
class MediaRange:
    """Where audio comes from and goes to: a network, and its first and last UDP port."""

    network: str
    port_min: int
    port_max: int

    @property
    def all_ports(self) -> bool:
        return (self.port_min, self.port_max) == (1, 65535)

    @property
    def version(self) -> int:
        """Of IP."""
        return ipaddress.ip_network(self.network).version


@dataclass(frozen=True, slots=True)
class Trunk:
    """A customer's trunk.

    `numbers` are E.164 digits without '+', as calls to them arrive; `caller_id` is one of them, and `caller_name` what
    is shown with it. `endpoints` have the closest first; `guessed`: nobody knows which one that is. `sources` are the
    addresses that inbound calls come from. `codecs` are names of sip/codecs.py, `srtp` is the account's setting. `srv`
    is a name whose SRV records lead to all endpoints, those of the closest one's region first, '' where there is none;
    `srv_kept`: the service itself keeps these records, so that they are there and leave a dead endpoint out. `listed`
    are the endpoints one by one where that name stands for all of them.
    `ca` is the PEM of the authority that issued the trunk's certificate, '' for one that every system knows.
    """

    domain: str
    key: str
    secret: str  # '' where it is not known any more: then the configuration has a placeholder
    numbers: tuple[str, ...]
    caller_id: str
    endpoints: tuple[Endpoint, ...]
    sources: tuple[str, ...]
    media: tuple[MediaRange, ...]
    codecs: tuple[str, ...] = ("PCMA/8000", "PCMU/8000", "G722/8000")
    srtp: str = "accepted"
    guessed: bool = False
    srv: str = ""
    srv_kept: bool = False
    listed: tuple[Endpoint, ...] = ()
    ca: str = ""
    caller_name: str = ""
    session_seconds: int = 1800
    session_min_seconds: int = 90
    keepalive_seconds: int = 30  # also what keeps the binding of a NAT alive

    @property
    def password(self) -> Secret:
        """What stands in the configuration: the secret or its placeholder."""
        return Secret(self.secret or SECRET_PLACEHOLDER)

    @property
    def registrars(self) -> tuple[Endpoint, ...]:
        """The two closest, one by one: where a PBX registers that tries no second target of a name."""
        return (self.listed or self.endpoints)[:2]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of all endpoints, each once."""
        return tuple(dict.fromkeys(address for endpoint in self.endpoints for address in endpoint.addresses))

    def codecs_as(self, names: Mapping[str, str]) -> tuple[str, ...]:
        """The codecs in their order, as a PBX names them, without those that it does not have."""
        return tuple(names[codec] for codec in self.codecs if codec in names)

    def over(self, version: int) -> "Trunk":
        """The same trunk as a PBX at an address of this version of IP meets it; where none is of it, all stay."""
        met = [dataclasses.replace(one, addresses=_of(version, one.addresses, family)) for one in self.endpoints]
        sources = _of(version, self.sources, family)
        media = _of(version, self.media, lambda where: where.version)
        return dataclasses.replace(self, endpoints=tuple(met), sources=sources, media=media)

    def srv_at(self, transport: str) -> str:
        """The name to look up. Over TLS it is the domain, as that is the name which the certificate has for sure
        (RFC 3263 §8 has the name before the lookup checked)."""
        return self.domain if transport == "tls" else self.srv

    def by_srv(self, transport: str) -> "Trunk":
        """The same trunk, with one name for all endpoints."""
        name = self.srv_at(transport)
        whole = Endpoint(name, self.addresses, self.endpoints[0].ports, srv=True)
        return dataclasses.replace(self, endpoints=(whole,), listed=self.endpoints)


@dataclass(frozen=True, slots=True)
class Options:
    """What the PBX is like.

    `address` is where the trunk sends inbound calls to, an IP address or a name; '' if it is not known.
    `public_address` is what a NAT in front of it makes of that. `port` 0 means the port that this PBX takes trunks at.
    `extension` is the local one that rings for inbound calls. `srv`: whether it finds the endpoints by SRV records;
    None for what serves this PBX best.
    """

    address: str = ""
    public_address: str = ""
    port: int = 0
    transport: str = "udp"
    srtp: bool = False
    register: bool = True
    extension: str = "1000"
    srv: bool | None = None

    @property
    def reachable(self) -> str:
        """The address that the trunk can call, bracketed for a URI; a placeholder if there is none."""
        return bracketed(self.public_address or self.address or ADDRESS_PLACEHOLDER)

    @property
    def at_contact(self) -> bool:
        """Nobody said where it is, so it is to be called where it registered: the number is in To then."""
        return self.register and not (self.address or self.public_address)

    @property
    def behind_nat(self) -> bool:
        return bool(self.public_address) and self.public_address != self.address


def _of[T](version: int, things: tuple[T, ...], version_of: Callable[[T], int]) -> tuple[T, ...]:
    return tuple(thing for thing in things if version_of(thing) == version) or things


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def family(host: str) -> int:
    """4 or 6 for an address, 0 for a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return 0
