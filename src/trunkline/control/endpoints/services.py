"""What can be done with endpoints. Without any, the node's own settings are one, so that one node needs none.

No node's edge reads them: they are for name servers, PBX configurations and firewalls.
"""

from collections.abc import Collection, Iterable, Mapping

from django.conf import settings
from django.db.models import QuerySet

from trunkline.contract import endpoints as contract
from trunkline.control.changes.services import writing
from trunkline.control.endpoints import own
from trunkline.control.endpoints.checks import CHECKS, check, media_range
from trunkline.control.endpoints.models import Endpoint
from trunkline.control.errors import ServiceError
from trunkline.control.words import check_name, missing
from trunkline.sip import uri

FIELDS = tuple(CHECKS)
SRV = ("_sip._udp", "_sip._tcp", "_sips._tcp")  # RFC 3263 §4.1: what a PBX asks DNS for, below the domain


def get(name: str) -> Endpoint:
    endpoint = Endpoint.objects.filter(name=name).first()
    if endpoint is None:
        raise missing("endpoint", name, "see `trunkline endpoint list`, or make it with `trunkline endpoint add`")
    return endpoint


def everyone() -> QuerySet[Endpoint]:
    return Endpoint.objects.order_by("region", "name")


def published() -> list[contract.Endpoint]:
    """The endpoints that others may know of, by region and name: the enabled ones, or this node's own where none was
    ever made. Never empty."""
    return [plain(endpoint) for endpoint in everyone().filter(enabled=True)] or [own.of(settings.TRUNKLINE)]


def domain() -> str:
    """The service's name, and the digest realm."""
    return settings.TRUNKLINE.sip.domain


def service_names(endpoints: Iterable[Endpoint]) -> list[str]:
    """The names at which PBXs find these endpoints by DNS: the domain, and one of each region (`dns/zone.py`)."""
    regions = [one.region for one in endpoints] or [own.of(settings.TRUNKLINE).region]
    return list(dict.fromkeys([domain(), *(f"{region}.{domain()}" for region in regions)]))


def names_of(addresses: Collection[str]) -> list[str]:
    """All names that PBXs may reach the node at these addresses by: those of the services, as each has every endpoint,
    and the hosts of its own endpoints. Where there is no endpoint, nobody is told of a region."""
    listed = list(everyone())
    if not listed:
        return [domain()]
    hosts = [one.host for one in listed if not uri.is_ip(one.host) and set(addresses) & set(one.addresses)]
    return list(dict.fromkeys([*service_names(listed), *hosts]))


def plain(endpoint: Endpoint) -> contract.Endpoint:
    return contract.Endpoint(
        **{
            name: getattr(endpoint, name) for name in ("name", *FIELDS) if name not in ("addresses", "sources", "media")
        },
        addresses=tuple(endpoint.addresses),
        sources=tuple(endpoint.sources or endpoint.addresses),
        media=tuple(map(media_range, endpoint.media)),
    )


def add(name: str, host: str, **fields) -> Endpoint:
    """Make an endpoint; `fields` are the names in FIELDS, lists of texts for addresses, sources and media.

    Without addresses the host must be one; without sources calls come from the addresses.
    """
    with writing():
        if Endpoint.objects.filter(name=name).exists():
            raise ServiceError(f"there is already an endpoint {name!r}: choose another name")
        return put(name, {"host": host, **fields})


def put(name: str, fields: Mapping[str, object]) -> Endpoint:
    """Make an endpoint what the fields say, also one that is there; a field that is not given gets its default."""
    with writing():
        wanted = planned(name, fields)
        _save(wanted)
    return wanted


def planned(name: str, fields: Mapping[str, object]) -> Endpoint:
    """The same without a look at the other endpoints, and not written yet."""
    check_name("an endpoint", name)
    checked = check(fields)
    there = Endpoint.objects.filter(name=name).first()
    wanted = Endpoint(pk=there and there.pk, name=name, **{"region": "default", "addresses": []} | checked)
    wanted._state.adding = there is None
    _check_itself(wanted)
    return wanted


def change(endpoint: Endpoint, **fields) -> Endpoint:
    """Change what is given. A disabled endpoint is told to nobody and leaves DNS; it answers who still calls it."""
    checked = check(fields)
    with writing():
        endpoint.refresh_from_db()
        for name, value in checked.items():
            setattr(endpoint, name, value)
        _check_itself(endpoint)
        _save(endpoint)
    return endpoint


def remove(endpoint: Endpoint) -> None:
    """Forget an endpoint; without any, the settings of each node are its endpoint again."""
    with writing():
        others = Endpoint.objects.exclude(pk=endpoint.pk)
        if others.exists() and not others.filter(enabled=True).exists():
            raise ServiceError(
                f"{endpoint.name!r} is the only enabled endpoint: enable another one first, "
                "or remove the disabled ones before it"
            )
        endpoint.delete()


def as_dict(endpoint: Endpoint) -> dict[str, object]:
    """The endpoint as commands and the API show it, and as a file to import has it."""
    return {name: getattr(endpoint, name) for name in ("name", *FIELDS)}


def check_apart(endpoint: Endpoint, others: Iterable[Endpoint]) -> None:
    """Refuse what another endpoint has. The database does not: a file may have two of them swap their hosts."""
    for other in others:
        if endpoint.host == other.host:
            raise ServiceError(f"the endpoint {other.name!r} has the host {endpoint.host} already")
        shared = set(endpoint.addresses) & set(other.addresses)
        if shared and {endpoint.port, endpoint.tls_port} & {other.port, other.tls_port}:
            raise ServiceError(
                f"the endpoint {other.name!r} has the address {min(shared)} already: give one of them other ports"
            )


def _check_itself(endpoint: Endpoint) -> None:
    """What concerns several fields."""
    if not endpoint.addresses:
        if not uri.is_ip(endpoint.host):
            raise ServiceError(
                f"the endpoint {endpoint.name!r} needs its addresses: those that {endpoint.host} is to have in DNS"
            )
        endpoint.addresses = [endpoint.host]
    if (endpoint.latitude is None) != (endpoint.longitude is None):
        raise ServiceError(f"the endpoint {endpoint.name!r} needs latitude and longitude, or neither")
    if endpoint.port == endpoint.tls_port:
        raise ServiceError(f"the endpoint {endpoint.name!r} cannot have TCP and TLS at the same port {endpoint.port}")


def _save(endpoint: Endpoint) -> None:
    """Inside the caller's `writing`."""
    others = list(Endpoint.objects.exclude(name=endpoint.name))
    check_apart(endpoint, others)
    if not endpoint.enabled and not any(other.enabled for other in others):
        raise ServiceError(
            f"{endpoint.name!r} is the only enabled endpoint, and nobody would know where to call: "
            "enable another one first"
        )
    endpoint.save()
