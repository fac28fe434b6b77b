"""Which endpoints a PBX without SRV records should use: balanced between the two closest, the others as backup."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from trunkline.contract.endpoints import Endpoint

BALANCED = 2
EARTH_KM = 6371.0  # mean radius


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees; south and west are negative."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Order:
    """`balanced` share the calls; `backup` are tried in their order when those do not answer. `kilometres` holds the
    distance of each by name, None where it is not known; `guessed`: nothing is known of where the PBX is, or of where
    any endpoint is, so that the order is only that of the list."""

    balanced: tuple[Endpoint, ...]
    backup: tuple[Endpoint, ...]
    kilometres: dict[str, float | None]
    guessed: bool


def kilometres(one: Place, other: Place) -> float:
    """The great-circle distance, by the haversine formula: within 0.5 % of the way on the ellipsoid."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    parallels = cos(radians(one.latitude)) * cos(radians(other.latitude))
    return 2 * EARTH_KM * asin(min(1.0, sqrt(sin(north / 2) ** 2 + parallels * sin(east / 2) ** 2)))


def order(endpoints: Sequence[Endpoint], place: Place | None) -> Order:
    """By distance from a PBX's place. Endpoints without coordinates come last, as they are listed; without a place
    all are."""
    distances = {endpoint.name: _distance(endpoint, place) for endpoint in endpoints}
    far = float("inf")
    listed = sorted(endpoints, key=lambda endpoint: far if (d := distances[endpoint.name]) is None else d)
    guessed = all(distance is None for distance in distances.values())
    return Order(tuple(listed[:BALANCED]), tuple(listed[BALANCED:]), distances, guessed)


def _distance(endpoint: Endpoint, place: Place | None) -> float | None:
    if place is None or endpoint.latitude is None or endpoint.longitude is None:
        return None
    return kilometres(place, Place(endpoint.latitude, endpoint.longitude))
