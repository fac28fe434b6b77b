"""What nodes measured to PBXs, and the order of the endpoints that follows from it."""

import time
from datetime import timedelta

import pytest

from trunkline.contract.distances import CALLS, FORWARD, SOURCE, RoundTrip
from trunkline.contract.feed import Heartbeat, Unavailable
from trunkline.control import ServiceError

PBX, OFFICE = "203.0.113.9", "203.0.113.77"
LONDON, SINGAPORE = (51.5074, -0.1278), (1.3521, 103.8198)


@pytest.fixture
def distances(services):
    """`eu` and `us` are endpoints with a node each; `ap` has coordinates and none."""
    from trunkline.control.feed import DatabaseDistances, DatabaseSink

    for name, host, (latitude, longitude) in (
        ("ap", "192.0.2.3", SINGAPORE), ("eu", "192.0.2.1", LONDON), ("us", "192.0.2.2", (32.7767, -96.797))
    ):  # fmt: skip
        services.endpoints.add(name, host, region="r", latitude=latitude, longitude=longitude)
    for name, address in (("eu-1", "192.0.2.1"), ("us-1", "192.0.2.2")):
        beat = Heartbeat(name, name, "r", [address], 5060, 5061, "0.1.0", time.time(), {}, 0, 0.0, False)
        DatabaseSink().heartbeat(beat)
    return DatabaseDistances()


def trip(milliseconds, address=PBX, ago=0.0):
    now = time.time() - ago
    return RoundTrip(address, now, now if milliseconds else None, milliseconds)


def order(services, account, address=None):
    return [one.endpoint.name for one in services.distances.closest(account, address)]


def test_the_nearest_by_round_trip_is_first(services, distances, cast):
    pk = cast.owner.pk
    distances.note("eu-1", [pk], [(pk, FORWARD, trip(80.0))])
    distances.note("us-1", [pk], [(pk, FORWARD, trip(12.0))])
    found = services.distances.closest(cast.owner)
    assert [one.endpoint.name for one in found] == ["us", "eu", "ap"]
    assert (found[0].milliseconds, found[0].address) == (12.0, PBX)
    assert found[0].why == f"12.0 ms to {PBX} and back"
    assert (found[2].milliseconds, found[2].why) == (None, "its distance is not known")
    assert order(services, cast.stranger) == ["ap", "eu", "us"], "another account's PBX moves nobody else's order"
    assert order(services, None) == ["ap", "eu", "us"]


def test_coordinates_decide_where_nothing_was_measured_or_one_endpoint_alone(services, distances, cast):
    services.accounts.place(cast.owner, 52.52, 13.405)
    assert order(services, cast.owner) == ["eu", "us", "ap"]
    distances.note("us-1", [cast.owner.pk], [(cast.owner.pk, FORWARD, trip(12.0))])
    assert order(services, cast.owner) == ["eu", "us", "ap"], "one round trip compares with nothing"
    distances.note("eu-1", [cast.owner.pk], [(cast.owner.pk, FORWARD, trip(50.0))])
    assert order(services, cast.owner) == ["us", "eu", "ap"]
    services.accounts.place(cast.owner, None, None)
    assert services.distances.closest(cast.owner)[0].kilometres is None


def test_silence_and_old_answers_are_no_distance(services, distances, cast):
    pk = cast.owner.pk
    distances.note("eu-1", [pk], [(pk, FORWARD, trip(None))])
    distances.note("us-1", [pk], [(pk, FORWARD, trip(12.0, ago=timedelta(days=3).total_seconds()))])
    assert order(services, cast.owner) == ["ap", "eu", "us"]
    assert services.distances.pbxs(cast.owner) == []
    assert distances.known("eu-1", [PBX])[PBX].milliseconds is None
    assert distances.known("us-1", [PBX]) == {}, "it is to be asked again"


def test_of_several_pbxs_the_one_that_most_endpoints_reach_counts_unless_one_is_named(services, distances, cast):
    pk = cast.owner.pk
    distances.note("eu-1", [pk], [(pk, SOURCE, trip(70.0)), (pk, FORWARD, trip(5.0, OFFICE))])
    distances.note("us-1", [pk], [(pk, SOURCE, trip(9.0))])
    assert [(one.address, one.known, one.endpoints) for one in services.distances.pbxs(cast.owner)] == [
        (PBX, SOURCE, 2),
        (OFFICE, FORWARD, 1),
    ]
    assert order(services, cast.owner)[0] == "us"
    assert order(services, cast.owner, OFFICE)[0] == "eu"
    with pytest.raises(ServiceError, match=f"has measured 203.0.113.1 for .* are: {PBX}, {OFFICE}"):
        services.distances.closest(cast.owner, "203.0.113.1")


def test_what_a_node_hands_in_replaces_what_it_said_before(services, distances, cast):
    pk = cast.owner.pk
    distances.note("eu-1", [pk], [(pk, FORWARD, trip(70.0))])
    distances.note("eu-1", [pk, cast.stranger.pk, 10**9], [(pk, CALLS, trip(5.0, OFFICE)), (10**9, CALLS, trip(5.0))])
    assert [one.address for one in services.distances.pbxs(cast.owner)] == [OFFICE]
    with pytest.raises(Unavailable, match="has not heard of the node 'nobody' yet"):
        distances.note("nobody", [pk], [])


def test_a_node_that_is_forgotten_takes_its_distances_along(services, distances, cast):
    from trunkline.control.endpoints.models import Distance
    from trunkline.control.nodes.models import Node

    distances.note("eu-1", [cast.owner.pk], [(cast.owner.pk, FORWARD, trip(70.0))])
    Node.objects.filter(name="eu-1").update(seen=None)
    services.nodes.forget(services.nodes.get("eu-1"))
    assert not Distance.objects.exists()


def test_places_of_pbxs_are_few_and_the_best_known_first(services, distances, cast):
    from trunkline.control.calls.models import Call
    from trunkline.control.endpoints import pbxs

    services.sources.add(cast.owner, "203.0.113.5", "203.0.113.0/28", PBX)
    texts = f"sip:a@{PBX}:5080;transport=tcp,sip:{cast.key}@sip.trunk.example,sip:c@pbx.example"
    services.numbers.add("+447700900011", cast.owner, texts)
    from django.utils import timezone

    for n, source in enumerate(("udp:198.51.100.4:5999", "tcp:198.51.100.5:40000", "trial", "udp:pbx:5060")):
        Call.objects.create(uid=f"u{n}", account=cast.owner, source=source, started=timezone.now())
    found = [(one.known, one.host, one.port, one.transport) for one in pbxs.of(cast.owner)]
    assert found == [
        (FORWARD, "pbx.example", 0, "udp"),
        (FORWARD, PBX, 5080, "tcp"),
        (CALLS, "198.51.100.5", 5060, "tcp"),
        (CALLS, "198.51.100.4", 5999, "udp"),
        (SOURCE, "203.0.113.5", 5060, "udp"),
    ]
    services.numbers.add("+447700900012", cast.owner, ",".join(f"sip:203.0.113.{n}" for n in range(100, 120)))
    assert len(pbxs.of(cast.owner)) == pbxs.MOST


def test_accounts_come_in_portions(services, distances, cast):
    first = distances.portion("eu-1", 0, 1)
    assert (first.accounts, first.keys) == ([cast.owner.pk], {cast.key.name: cast.owner.pk})
    assert [target.account for target in first.targets] == [cast.owner.pk]
    second = distances.portion("eu-1", first.last, 2)
    assert (second.accounts, second.last) == ([cast.stranger.pk], 0)
    distances.note("us-1", [cast.owner.pk], [(cast.owner.pk, CALLS, trip(5.0))])
    assert (distances.portion("eu-1", 0, 1).noted, distances.portion("us-1", 0, 1).noted) == (
        set(),
        {(cast.owner.pk, CALLS, PBX)},
    )
    services.accounts.change(cast.owner, enabled=False)
    assert distances.portion("eu-1", 0, 9).accounts == [cast.stranger.pk]


@pytest.mark.parametrize(
    ("latitude", "longitude", "problem"),
    [(91, 0, "not on the Earth"), (0, -181, "not on the Earth"), (1, None, "or neither"), (float("nan"), 0, "degrees")],
)
def test_a_place_that_is_none_is_refused(services, cast, latitude, longitude, problem):
    with pytest.raises(ServiceError, match=problem):
        services.accounts.place(cast.owner, latitude, longitude)
