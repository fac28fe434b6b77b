"""Two closest, the rest as backup."""

import pytest

from trunkline.contract.endpoints import Endpoint
from trunkline.control.endpoints.nearest import Place, kilometres, order

LONDON, SINGAPORE, DALLAS = Place(51.5074, -0.1278), Place(1.3521, 103.8198), Place(32.7767, -96.797)
BERLIN, HONOLULU, AUCKLAND = Place(52.52, 13.405), Place(21.3069, -157.8583), Place(-36.8485, 174.7633)


def endpoint(name, place):
    at = (place.latitude, place.longitude) if place else (None, None)
    return Endpoint(name, f"{name}.example", "", *at, "default", ("192.0.2.1",), 5060, 5061, (), (), 10)


SIX = [
    endpoint(name, place)
    for name, place in (
        ("ap1", SINGAPORE), ("ap2", SINGAPORE), ("eu1", LONDON), ("eu2", LONDON), ("us1", DALLAS), ("us2", DALLAS)
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        (LONDON, SINGAPORE, 10_845),  # published airline distances between the cities, within 1 %
        (LONDON, DALLAS, 7_640),
        (SINGAPORE, DALLAS, 15_640),
        (LONDON, LONDON, 0),
        (Place(0, 179.5), Place(0, -179.5), 111.2),  # across the date line: one degree of the equator
        (Place(90, 0), Place(-90, 77), 20_015),  # from pole to pole
    ],
)
def test_distances_are_those_of_great_circles(one, other, km):
    assert kilometres(one, other) == pytest.approx(km, rel=0.01)
    assert kilometres(other, one) == kilometres(one, other)


@pytest.mark.parametrize(
    ("place", "regions"),
    [(BERLIN, "eu us ap"), (HONOLULU, "us ap eu"), (AUCKLAND, "ap us eu")],
)
def test_the_two_closest_are_balanced_and_the_rest_is_backup_in_order(place, regions):
    found = order(SIX, place)
    assert [e.name[:2] for e in found.balanced] == [regions[:2]] * 2
    assert [e.name[:2] for e in found.backup] == [name for name in regions.split()[1:] for _ in range(2)]
    assert not found.guessed


def test_without_a_place_nothing_is_pretended():
    found = order(SIX, None)
    assert found.guessed
    assert [e.name for e in (*found.balanced, *found.backup)] == [e.name for e in SIX]
    assert set(found.kilometres.values()) == {None}


def test_an_endpoint_without_coordinates_is_last():
    found = order([endpoint("nowhere", None), *SIX], BERLIN)
    assert found.backup[-1].name == "nowhere"
    assert order([endpoint("nowhere", None)], BERLIN).guessed


def test_one_endpoint_alone_has_no_backup():
    found = order(SIX[:1], BERLIN)
    assert (len(found.balanced), found.backup) == (1, ())
