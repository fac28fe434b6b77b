"""What an endpoint is to whoever is told of it: the name server's zone, PBX configurations, firewalls, the dashboard.

An endpoint is a place where PBXs reach the service: one host name with the addresses behind it.
"""

from dataclasses import dataclass

TO, FROM = "to", "from"  # packets to this place of ours, and packets from it
ANY_PORT = (1, 65535)


@dataclass(frozen=True, slots=True)
class MediaRange:
    """Where the audio is: a network (`198.51.100.160/28`, or one address without a length) and its ports."""

    network: str
    port_min: int = ANY_PORT[0]
    port_max: int = ANY_PORT[1]

    def __str__(self) -> str:
        if (self.port_min, self.port_max) == ANY_PORT:
            return self.network
        network = f"[{self.network}]" if ":" in self.network else self.network
        return f"{network}:{self.port_min}-{self.port_max}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`host` is a name, or an address where the operator has no name for it. Every address takes UDP and TCP at `port`
    and TLS at `tls_port`. Coordinates are degrees, both None where the place is unknown."""

    name: str
    host: str
    city: str
    latitude: float | None
    longitude: float | None
    region: str
    addresses: tuple[str, ...]  # IP addresses that requests are sent to
    port: int
    tls_port: int
    sources: tuple[str, ...]  # addresses, or networks, that inbound calls come from
    media: tuple[MediaRange, ...]
    weight: int  # its capacity beside the others', as in RFC 2782
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """A row for a firewall. `port_min` to `port_max`, both included, are our ports, whatever the other side's is."""

    purpose: str  # 'signalling' or 'media'
    direction: str  # TO or FROM
    protocol: str  # 'udp' or 'tcp'
    address: str  # an address or a network
    port_min: int
    port_max: int
    note: str

    @property
    def ports(self) -> str:
        if (self.port_min, self.port_max) == ANY_PORT:
            return "any"
        return str(self.port_min) if self.port_min == self.port_max else f"{self.port_min}-{self.port_max}"


def ranges(endpoint: Endpoint) -> list[Range]:
    """All that an endpoint receives at and sends from, as others see it."""
    plain, tls = endpoint.port, endpoint.tls_port
    rows = []
    for address in endpoint.addresses:
        rows += [
            Range("signalling", TO, "udp", address, plain, plain, "SIP"),
            Range("signalling", TO, "tcp", address, plain, plain, "SIP"),
            Range("signalling", TO, "tcp", address, tls, tls, "SIP over TLS"),
        ]
    for source in endpoint.sources:
        rows += [
            Range("signalling", FROM, "udp", source, plain, plain, "SIP"),
            Range("signalling", FROM, "tcp", source, *ANY_PORT, "SIP and SIP over TLS, where we open the connection"),
        ]
    for media in endpoint.media:
        place = (media.network, media.port_min, media.port_max)
        rows += [Range("media", way, "udp", *place, "RTP and RTCP, plain or SRTP") for way in (TO, FROM)]
    return rows
