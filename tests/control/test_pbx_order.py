"""The order of the endpoints in a PBX's configuration: as named, as measured to the PBX, by coordinates, or a guess."""

import time

import pytest

from trunkline.contract.distances import FORWARD, RoundTrip
from trunkline.contract.feed import Heartbeat
from trunkline.control import ServiceError
from trunkline.pbx import sheet
from trunkline.pbx.trunk import Options

PBX, OFFICE = "203.0.113.9", "203.0.113.77"
PLACES = {"ap": (1.35, 103.82), "eu": (51.51, -0.13), "us": (32.78, -96.8)}
GUESS = "It is not known how near each endpoint is"


@pytest.fixture
def measured(services, cast):
    """`measured(PBX, eu=80, us=12)`: ms that the nodes of these endpoints measured to the account's PBX."""
    from trunkline.control.feed import DatabaseDistances, DatabaseSink

    for n, (name, (latitude, longitude)) in enumerate(PLACES.items(), 1):
        address = f"192.0.2.{n}"
        services.endpoints.add(
            name, f"{name}.example.net", addresses=[address], region=name, latitude=latitude, longitude=longitude
        )
        beat = Heartbeat(name, name, "r", [address], 5060, 5061, "0.1.0", time.time(), {}, 0, 0.0, False)
        DatabaseSink().heartbeat(beat)
    pk, known = cast.owner.pk, {name: [] for name in PLACES}

    def note(address: str, **trips: float) -> None:
        for name, milliseconds in trips.items():
            known[name].append((pk, FORWARD, RoundTrip(address, time.time(), time.time(), float(milliseconds))))
            DatabaseDistances().note(name, [pk], known[name])

    return note


def order(services, account, closest=(), address="") -> list[str]:
    trunk = services.pbx.trunk(account, closest=closest, address=address)
    assert trunk.srv.partition(".")[0] == trunk.endpoints[0].host.partition(".")[0]
    return [endpoint.host.partition(".")[0] for endpoint in trunk.endpoints]


def warned(services, account) -> bool:
    made = services.pbx.configuration("asterisk", services.pbx.trunk(account), Options())
    return GUESS in sheet.text(made)


def test_what_was_measured_to_the_pbx_decides(services, cast, measured):
    measured(PBX, eu=80, us=12, ap=200)
    measured(OFFICE, eu=9, us=120)
    assert order(services, cast.owner, address=PBX) == ["us", "eu", "ap"]
    assert order(services, cast.owner, address=OFFICE) == ["eu", "us", "ap"]
    assert order(services, cast.owner) == ["us", "eu", "ap"]
    assert order(services, cast.owner, address="198.51.100.250") == ["us", "eu", "ap"]
    assert order(services, cast.stranger) == ["ap", "eu", "us"]
    assert not warned(services, cast.owner)


def test_coordinates_decide_where_nothing_was_measured(services, cast, measured):
    services.accounts.place(cast.owner, 48.9, 2.4)
    assert order(services, cast.owner) == ["eu", "us", "ap"]
    assert not warned(services, cast.owner)


def test_whoever_names_one_is_believed(services, cast, measured):
    measured(PBX, eu=80, us=12)
    assert order(services, cast.owner, closest=["ap.example.net"])[0] == "ap"
    with pytest.raises(ServiceError, match="there is no endpoint 'x.example'"):
        order(services, cast.owner, closest=["x.example"])


def test_who_is_named_brings_those_of_its_region_where_no_distance_is_known(services, cast):
    for n, name in enumerate(("ap1", "eu1", "eu2", "us1", "us2"), 1):
        services.endpoints.add(name, f"{name}.example.net", addresses=[f"192.0.2.{n}"], region=name[:2])
    trunk = services.pbx.trunk(cast.owner, closest=["us2.example.net"])
    assert [one.host.partition(".")[0] for one in trunk.endpoints] == ["us2", "us1", "ap1", "eu1", "eu2"]
    assert not trunk.guessed


def test_a_guess_is_said_to_be_one(services, cast, measured):
    assert order(services, cast.owner) == ["ap", "eu", "us"]
    assert warned(services, cast.owner)
    measured(PBX, us=12)
    assert warned(services, cast.owner), "one round trip compares with nothing"
    services.endpoints.remove(services.endpoints.get("ap"))
    assert not warned(services, cast.owner), "two endpoints share the calls, in whichever order"
