"""How near the endpoints are to an account's PBX: by what the nodes measured, else by coordinates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from trunkline.contract.distances import KNOWN
from trunkline.contract.endpoints import Endpoint
from trunkline.control.accounts.models import Account
from trunkline.control.endpoints import services
from trunkline.control.endpoints.models import Distance
from trunkline.control.endpoints.nearest import Place, kilometres
from trunkline.control.errors import ServiceError

GOOD_FOR = timedelta(days=2)  # that a round trip tells something without another answer


@dataclass(frozen=True, slots=True)
class Near:
    """An endpoint as seen from a PBX. `milliseconds` is the round trip between one of its nodes and the PBX's
    `address`, smoothed, as of `measured`; `kilometres` the distance from the account's coordinates; None where it is
    not known. `why` says in words what gave the endpoint its place in the order."""

    endpoint: Endpoint
    milliseconds: float | None
    kilometres: float | None
    address: str
    measured: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Pbx:
    """An address that answered the nodes of so many endpoints; `known` is how it is known, of contract.distances."""

    address: str
    known: str
    endpoints: int


def closest(account: Account | None, address: str | None = None) -> list[Near]:
    """The published endpoints, the nearest to the account's PBX first.

    `address` says which PBX, of those in `pbxs`; without it the first of them counts. Where less than two endpoints are
    measured to it there is nothing to compare, and the account's coordinates decide, if it has some; then region and
    name. None is an account of which nothing is known. Raises ServiceError for an `address` that nobody measured.
    """
    published = services.published()
    trips = _trips(account, published) if account else {}
    if address and address not in trips:
        known = ", ".join(_ordered(trips)) or "none yet"
        raise ServiceError(f"no node has measured {address} for this account; those that answered are: {known}")
    address = address or next(iter(_ordered(trips)), "")
    measured = trips.get(address, {})
    place = Place(account.latitude, account.longitude) if account and account.latitude is not None else None
    found = [_near(endpoint, measured.get(endpoint.name), place) for endpoint in published]
    first, second = _milliseconds, _kilometres
    if place and len(measured) < 2:
        first, second = second, first
    return sorted(found, key=lambda one: (first(one), second(one)))


def pbxs(account: Account) -> list[Pbx]:
    """The addresses of the account's PBXs that answered, the one that says most of the endpoints first."""
    trips = _trips(account, services.published())
    return [Pbx(address, _best(trips[address]), len(trips[address])) for address in _ordered(trips)]


type _Trips = dict[str, dict[str, Distance]]  # PBX's address -> endpoint's name -> the shortest


def _trips(account: Account, published: Iterable[Endpoint]) -> _Trips:
    fresh = Distance.objects.filter(account=account, answered__gte=timezone.now() - GOOD_FOR)
    rows = list(fresh.select_related("node").order_by("-milliseconds"))
    trips: _Trips = {}
    for endpoint in published:
        for row in rows:
            if not set(row.node.addresses).isdisjoint(endpoint.addresses):
                trips.setdefault(row.address, {})[endpoint.name] = row
    return trips


def _ordered(trips: _Trips) -> list[str]:
    return sorted(trips, key=lambda address: (-len(trips[address]), KNOWN.index(_best(trips[address])), address))


def _best(rows: dict[str, Distance]) -> str:
    return min((row.known for row in rows.values()), key=KNOWN.index)


def _near(endpoint: Endpoint, row: Distance | None, place: Place | None) -> Near:
    km = None
    if place and endpoint.latitude is not None:
        km = kilometres(place, Place(endpoint.latitude, endpoint.longitude))
    if row:
        why = f"{row.milliseconds:.1f} ms to {row.address} and back"
        return Near(endpoint, row.milliseconds, km, row.address, row.answered, why)
    if km is not None:
        return Near(endpoint, None, km, "", None, f"{km:.0f} km from the account's coordinates")
    return Near(endpoint, None, None, "", None, "its distance is not known")


def _milliseconds(near: Near) -> float:
    return float("inf") if near.milliseconds is None else near.milliseconds


def _kilometres(near: Near) -> float:
    return float("inf") if near.kilometres is None else near.kilometres
