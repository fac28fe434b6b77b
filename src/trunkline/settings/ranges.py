"""The addresses and ports that others exchange packets with: what a firewall on their side has to let through."""

from dataclasses import asdict, dataclass

from trunkline.settings import Settings

TO, FROM = "to", "from"  # packets to this place of ours, and packets from it
ANY_PORT = (1, 65535)


@dataclass(frozen=True, slots=True)
class Range:
    """`port_min` to `port_max`, both included, are our ports, whatever the port of the other side is."""

    purpose: str  # 'signalling' or 'media'
    direction: str
    protocol: str  # 'udp' or 'tcp'
    address: str
    port_min: int
    port_max: int
    note: str

    @property
    def ports(self) -> str:
        if (self.port_min, self.port_max) == ANY_PORT:
            return "any"
        return str(self.port_min) if self.port_min == self.port_max else f"{self.port_min}-{self.port_max}"


def of(settings: Settings) -> list[Range]:
    """All that a node receives at and sends from, as others see it."""
    sip, plain, tls = settings.sip_advertised, settings.sip.port, settings.sip.tls_port
    media = (settings.media_advertised, settings.media.port_min, settings.media.port_max)
    return [
        Range("signalling", TO, "udp", sip, plain, plain, "SIP"),
        Range("signalling", TO, "tcp", sip, plain, plain, "SIP"),
        Range("signalling", TO, "tcp", sip, tls, tls, "SIP over TLS"),
        Range("signalling", FROM, "udp", sip, plain, plain, "SIP"),
        Range("signalling", FROM, "tcp", sip, *ANY_PORT, "SIP and SIP over TLS, where we open the connection"),
        Range("media", TO, "udp", *media, "RTP and RTCP, plain or SRTP"),
        Range("media", FROM, "udp", *media, "RTP and RTCP, plain or SRTP"),
    ]


def as_dict(settings: Settings) -> dict[str, object]:
    """The document of `trunkline ranges --json` and of the dashboard."""
    node = {"node": settings.node.name, "ranges": [asdict(one) for one in of(settings)]}
    return {"domain": settings.sip.domain, "regions": [{"region": settings.node.region, "nodes": [node]}]}


def as_text(settings: Settings) -> str:
    """A range on each line, in columns that programs can read too: what, packets, protocol, our address, our ports."""
    lines = [f"# {settings.sip.domain}: region {settings.node.region}, node {settings.node.name}"]
    lines += [f"{r.purpose} {r.direction}-us {r.protocol} {r.address} {r.ports}" for r in of(settings)]
    return "\n".join(lines) + "\n"
