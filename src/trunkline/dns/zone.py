"""The records by which SIP user agents find the endpoints (RFC 3263): NAPTR, SRV, A and AAAA.

There is a service name for all endpoints, `sip.domain`, and one for each region, `REGION.sip.domain`, whose own
endpoints come first and the others as backup. Beside them a TXT record names the regions and hosts that are ours, so
that what an endpoint leaves behind is found; nothing else in the zone is touched.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdataset
from dns.rdatatype import RdataType

from trunkline.contract.endpoints import Endpoint
from trunkline.sip import uri

# (order, NAPTR service, SRV name, whether it is TLS). RFC 3263 §4.1. What every PBX speaks, without a question of
# certificates, comes first; a sips: URI, and a PBX that is set to TLS, take the last one anyway.
TRANSPORTS = (
    (10, "SIP+D2U", "_sip._udp", False),
    (20, "SIP+D2T", "_sip._tcp", False),
    (30, "SIPS+D2T", "_sips._tcp", True),
)
NEAR, BACKUP = 10, 20  # SRV priorities
OWNER = "_trunkline"

type Key = tuple[dns.name.Name, RdataType]
type Records = Mapping[Key, dns.rdataset.Rdataset]


@dataclass(frozen=True, slots=True)
class Names:
    """What is ours in a zone: the service names and the hosts."""

    services: frozenset[dns.name.Name]
    hosts: frozenset[dns.name.Name]

    def keys(self) -> list[Key]:
        """Every record set that we may write."""
        found = [(name, kind) for name in self.services | self.hosts for kind in (RdataType.A, RdataType.AAAA)]
        for name in self.services:
            found.append((name, RdataType.NAPTR))
            found += [(_below(label, name), RdataType.SRV) for _, _, label, _ in TRANSPORTS]
        return sorted(set(found))


def target(endpoint: Endpoint, domain: str, services: Container[dns.name.Name]) -> dns.name.Name:
    """The host of an endpoint; a name of its own below the service's where the operator gave it none, or one that is
    a service's: there are the addresses of others too, and of those that take no calls none."""
    own = _below(endpoint.name, dns.name.from_text(domain))
    host = own if uri.is_ip(endpoint.host) else dns.name.from_text(endpoint.host)
    return next(name for name in (host, own, _below("sip", own)) if name not in services)


def names(endpoints: Iterable[Endpoint], domain: str, zone: str) -> Names:
    listed = list(endpoints)
    service = dns.name.from_text(domain)
    services = frozenset({service, *(_below(endpoint.region, service) for endpoint in listed)})
    inside = dns.name.from_text(zone)
    hosts = {target(endpoint, domain, services) for endpoint in listed}
    return Names(services, frozenset(host for host in hosts if host.is_subdomain(inside)))


def owner(domain: str) -> Key:
    """Where the TXT record is that names what is ours."""
    return _below(OWNER, dns.name.from_text(domain)), RdataType.TXT


def noted(rdataset: dns.rdataset.Rdataset | None) -> Names:
    """What a TXT record of ours says."""
    found: dict[str, set] = {"service": set(), "host": set()}
    for record in rdataset or ():
        kind, _, name = b"".join(record.strings).decode("utf-8", "replace").partition("=")
        if kind in found and name:
            with suppress(dns.exception.DNSException):  # somebody else has written it: no name of ours is like that
                found[kind].add(dns.name.from_text(name))
    return Names(frozenset(found["service"]), frozenset(found["host"]))


def foreign(existing: Records, domain: str) -> list[Key]:
    """What is there already where we want to write, and was not written by us: a company's web site, say."""
    mark = owner(domain)
    ours = {mark, *noted(existing.get(mark)).keys()}
    return sorted(key for key in existing if key not in ours)


def records(
    endpoints: Sequence[Endpoint], domain: str, zone: str, ttl: int, out: frozenset[tuple[str, str]] = frozenset()
) -> Records:
    """All record sets of the endpoints. `out` has the (name, address) of those that take no calls now: they are left
    out of the services, but a host keeps its own addresses. All of them out is a fault of whoever looked: then none is.

    Times to live are `ttl` s. Hosts outside the zone get no addresses: those are somebody else's to publish.
    """
    serving = _serving(endpoints, out) or _serving(endpoints, frozenset())
    ours = names(endpoints, domain, zone)
    texts: dict[Key, list[str]] = {}
    for service in ours.services:
        _service(texts, service, dns.name.from_text(domain), serving, ours.services)
    for endpoint in endpoints:
        if (host := target(endpoint, domain, ours.services)) in ours.hosts:
            _addresses(texts, host, endpoint.addresses)
    marks = [f'"service={name}"' for name in ours.services] + [f'"host={name}"' for name in ours.hosts]
    texts[owner(domain)] = marks
    return {key: dns.rdataset.from_text_list("IN", key[1].name, ttl, listed) for key, listed in texts.items() if listed}


def _serving(endpoints: Iterable[Endpoint], out: frozenset) -> list[tuple[Endpoint, list[str]]]:
    found = [(one, [address for address in one.addresses if (one.name, address) not in out]) for one in endpoints]
    return [(endpoint, addresses) for endpoint, addresses in found if addresses]


def _service(
    texts: dict, service: dns.name.Name, whole: dns.name.Name, serving: list, services: Container[dns.name.Name]
) -> None:
    naptr = texts.setdefault((service, RdataType.NAPTR), [])
    near = [(e, a) for e, a in serving if service in (whole, _below(e.region, whole))] or serving
    for order, kind, label, tls in TRANSPORTS:
        name = _below(label, service)
        naptr.append(f'{order} 10 "s" "{kind}" "" {name}')
        texts[name, RdataType.SRV] = [
            f"{NEAR if (one, addresses) in near else BACKUP} {one.weight} {one.tls_port if tls else one.port} "
            f"{target(one, whole.to_text(), services)}"
            for one, addresses in serving
        ]
    # For whoever asks for no SRV: the addresses of those that come first.
    _addresses(texts, service, [address for _, addresses in near for address in addresses])


def _addresses(texts: dict, name: dns.name.Name, addresses: Iterable[str]) -> None:
    for address in dict.fromkeys(addresses):
        texts.setdefault((name, RdataType.AAAA if ":" in address else RdataType.A), []).append(address)


def _below(label: str, name: dns.name.Name) -> dns.name.Name:
    return dns.name.from_text(label, name)
