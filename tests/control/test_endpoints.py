"""Endpoints: what is kept, what is refused and why, and who is told of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from control.databases import REALM, settings_for
from trunkline.contract.endpoints import FROM, TO, MediaRange, ranges
from trunkline.control import ServiceError

EXAMPLE = (Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml").read_text()


@pytest.fixture
def endpoints(sqlite):
    from trunkline.control import services

    return services.endpoints


@pytest.fixture
def imported(endpoints):
    from trunkline.control.endpoints import importing

    return lambda text=EXAMPLE, **how: importing.carry_out(importing.read(text), **how)


def names(endpoints):
    return [endpoint.name for endpoint in endpoints.everyone()]


def entries():
    """What the audit log has of them, the newest first."""
    from trunkline.control.audit import services

    return [(entry.kind, entry.did) for entry in services.find()]


def test_without_any_the_settings_are_the_one_endpoint(sqlite, tmp_path, endpoints):
    from trunkline.control import setup

    settings = settings_for(sqlite, tmp_path)
    sip = settings.sip.model_copy(update={"address": "10.0.0.5", "advertised": "198.51.100.20", "port": 5070})
    setup(settings.model_copy(update={"sip": sip}))
    [own] = endpoints.published()
    assert (own.name, own.host, own.region, own.addresses) == ("node1", "198.51.100.20", "default", ("198.51.100.20",))
    assert (own.port, own.tls_port, own.media) == (5070, 5061, (MediaRange("198.51.100.20", 30000, 39999),))
    assert (own.latitude, own.sources, endpoints.domain()) == (None, ("198.51.100.20",), REALM)


def test_the_example_has_the_six_in_three_regions(database):
    from trunkline.control.endpoints import importing, services

    plan = importing.carry_out(importing.read(EXAMPLE))
    assert (len(plan.added), plan.problems) == (6, [])
    found = services.published()
    assert [(e.name, e.city, e.region) for e in found] == [
        ("ap1", "Singapore", "ap"),
        ("ap2", "Singapore", "ap"),
        ("eu1", "London", "eu"),
        ("eu2", "London", "eu"),
        ("us-2-1", "Dallas", "us"),
        ("us-2-2", "Dallas", "us"),
    ]
    assert found[2].sources == found[2].addresses == ("198.51.100.11",)
    assert services.plain(services.get("eu1")) == found[2]


def test_a_disabled_one_is_told_to_nobody_but_the_last_stays(endpoints):
    one = endpoints.add("one", "one.example", addresses=["192.0.2.1"])
    with pytest.raises(ServiceError, match="only enabled endpoint"):
        endpoints.change(one, enabled=False)
    two = endpoints.add("two", "192.0.2.2")
    endpoints.change(one, enabled=False)
    assert [e.name for e in endpoints.published()] == ["two"]
    with pytest.raises(ServiceError, match="only enabled endpoint"):
        endpoints.remove(two)
    endpoints.remove(one)
    endpoints.remove(two)
    assert [e.name for e in endpoints.published()] == ["node1"]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"host": "sip:eu1.example"}, "cannot be an endpoint's host: .* without 'sip:'"),
        ({"host": "eu1..example"}, "cannot be an endpoint's host"),
        ({"host": "eu1.example:5060"}, "more than a host"),
        ({"host": "eu1.example", "addresses": []}, "needs its addresses"),
        ({"host": "one.example"}, "'one' has the host one.example already"),
        ({"addresses": ["192.0.2.1"]}, "'one' has the address 192.0.2.1 already"),
        ({"addresses": ["192.0.2.300"]}, "not an IP address"),
        ({"addresses": "192.0.2.9"}, "list of texts"),
        ({"latitude": 51.0}, "latitude and longitude, or neither"),
        ({"latitude": 91.0, "longitude": 0.0}, "not on the Earth"),
        ({"latitude": float("nan"), "longitude": 0.0}, "write degrees"),
        ({"region": "EU West"}, "cannot be a region"),
        ({"city": "a\nb"}, "printable"),
        ({"sources": ["192.0.2.7:5060"]}, "has a port"),
        ({"sources": ["0.0.0.0/0"]}, "covers too much"),
        ({"sources": ["1-2"]}, r"not a network: write an IP address or a CIDR like 192\.0\.2\.0/24$"),
        ({"media": ["192.0.2.7:5060"]}, "range of them"),
        ({"media": ["192.0.2.7:4000-3000"]}, "lowest and the highest"),
        ({"media": ["192.0.2.7/28"]}, "bits beyond"),
        ({"media": ["1-2"]}, r"^'1-2' does not say where audio is: .* like 198\.51\.100\.20:30000-39999 .* or 198"),
        ({"media": ["30000"]}, "does not say where audio is"),
        ({"media": ["192.0.2.7:low-high"]}, "does not say where audio is"),
        ({"media": ["192.0.2.7-192.0.2.9"]}, "does not say where audio is"),
        ({"media": ["2001:db8::7:30000-39999"]}, "for IPv6"),
        ({"weight": 0}, "from 1 to 65535"),
        ({"port": 5061}, "same port 5061"),
        ({"size": 3}, "has no 'size'"),
        ({"name": "A b"}, "cannot be the name"),
        ({"name": "one", "host": "x.example", "addresses": ["192.0.2.3"]}, "already an endpoint 'one'"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(endpoints, wrong, hint):
    endpoints.add("one", "one.example", addresses=["192.0.2.1"])
    with pytest.raises(ServiceError, match=hint):
        endpoints.add(**({"name": "two", "host": "two.example", "addresses": ["192.0.2.2"]} | wrong))
    assert names(endpoints) == ["one"]


def test_one_address_may_be_two_endpoints_by_their_ports(endpoints):
    endpoints.add("one", "one.example", addresses=["192.0.2.1"])
    endpoints.add("two", "two.example", addresses=["192.0.2.1"], port=5070, tls_port=5071)
    assert names(endpoints) == ["one", "two"]


def test_ranges_have_every_place_in_each_direction(endpoints):
    media = ["203.0.113.0/28", "[2001:db8::7]:30000-39999"]
    endpoints.add("one", "one.example", addresses=["192.0.2.1"], sources=["192.0.2.8"], media=media)
    [one] = endpoints.published()
    assert [str(piece) for piece in one.media] == media
    found = {(r.purpose, r.direction, r.protocol, r.address, r.ports) for r in ranges(one)}
    assert found == {
        ("signalling", TO, "udp", "192.0.2.1", "5060"),
        ("signalling", TO, "tcp", "192.0.2.1", "5060"),
        ("signalling", TO, "tcp", "192.0.2.1", "5061"),
        ("signalling", FROM, "udp", "192.0.2.8", "5060"),
        ("signalling", FROM, "tcp", "192.0.2.8", "any"),
        ("media", TO, "udp", "203.0.113.0/28", "any"),
        ("media", FROM, "udp", "203.0.113.0/28", "any"),
        ("media", TO, "udp", "2001:db8::7", "30000-39999"),
        ("media", FROM, "udp", "2001:db8::7", "30000-39999"),
    }
    assert ranges(replace(one, media=()))[-1].purpose == "signalling"


def test_a_file_again_changes_nothing_and_a_dry_run_neither(endpoints, imported):
    assert len(imported(dry_run=True).added) == 6
    assert names(endpoints) == []
    assert entries() == []
    imported()
    assert entries() == [("endpoint", "made")] * 6
    assert len(imported().unchanged) == 6
    plan = imported(EXAMPLE.replace("weight = 20", "weight = 30"))
    assert (plan.changed, len(plan.unchanged)) == (["us-2-1", "us-2-2"], 4)
    assert entries()[:2] == [("endpoint", "changed")] * 2


def test_only_what_the_file_has_is_left_when_that_is_wanted(endpoints, imported):
    endpoints.add("old", "sip-eu1.trunk.example", addresses=["198.51.100.11"])  # in the way of eu1
    assert imported(only=True).removed == ["old"]
    assert len(names(endpoints)) == 6


def test_one_fault_keeps_the_whole_file_out(endpoints, imported):
    text = EXAMPLE.replace('"203.0.113.11"', '"203.0.113.12"').replace('region = "us"', 'region = "U S"', 1)
    plan = imported(text)
    assert {problem.endpoint for problem in plan.problems} == {"ap2", "us-2-1"}
    assert names(endpoints) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "no endpoint"),
        ("[[endpoint]\n", "not TOML"),
        ("[{", "not JSON"),
        ('[{"name": "a", "host": "b.example", "host": "c.example"}]', "'host' twice"),
        ("[node]\nname = 1", "has 'node'"),
        ('endpoint = "x"', "no endpoint"),
    ],
)
def test_a_file_that_is_none_is_refused(imported, text, hint):
    with pytest.raises(ServiceError, match=hint):
        imported(text)


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ("host = 'a.example'", "a name and a host"),
        ("name = 'a'\nhost = 3", "is not a text"),
        ("name = 'a'\nhost = 'a.example'\nenabled = 'no'", "true or false"),
        ("name = 'a'\nhost = '192.0.2.1'\nenabled = false", "no endpoint is enabled"),
    ],
)
def test_a_row_that_is_none_is_a_problem(imported, row, hint):
    [problem] = imported(f"[[endpoint]]\n{row}").problems
    assert hint in problem.problem


def test_a_file_may_have_endpoints_swap_what_they_have(endpoints, imported):
    endpoints.add("one", "one.example", addresses=["192.0.2.1"])
    endpoints.add("two", "two.example", addresses=["192.0.2.2"], enabled=False)
    rows = [
        "name = 'one'\nhost = 'two.example'\naddresses = ['192.0.2.2']\nenabled = false",
        "name = 'two'\nhost = 'one.example'\naddresses = ['192.0.2.1']",
    ]
    plan = imported("".join(f"[[endpoint]]\n{row}\n" for row in rows))
    assert (plan.changed, plan.problems) == (["one", "two"], [])
    assert [(e.name, e.host, e.addresses, e.enabled) for e in endpoints.everyone()] == [
        ("one", "two.example", ["192.0.2.2"], False),
        ("two", "one.example", ["192.0.2.1"], True),
    ]
    from trunkline.control.audit import services

    told = [(entry.name, *map(services.in_words, entry.changes)) for entry in services.find(limit=2)]
    assert told == [
        ("two", "addresses: 192.0.2.2 → 192.0.2.1", "enabled: no → yes", "host: two.example → one.example"),
        ("one", "addresses: 192.0.2.1 → 192.0.2.2", "enabled: yes → no", "host: one.example → two.example"),
    ]


@pytest.mark.parametrize(
    ("one", "two", "problem"),
    [
        ("host = 'x.example'", "host = 'x.example'", ("two", "'one' has the host x.example already")),
        ("host = 'x.example'", "host = 'three.example'", ("two", "'three' has the host three.example already")),
        (
            "host = 'x.example'\nenabled = false",
            "host = 'y.example'\nenabled = false",
            None,  # the third one is
        ),
    ],
)
def test_a_file_leaves_no_two_endpoints_with_one_host(endpoints, imported, one, two, problem):
    endpoints.add("three", "three.example", addresses=["192.0.2.3"])
    text = f"[[endpoint]]\nname = 'one'\naddresses = ['192.0.2.1']\n{one}\n"
    text += f"[[endpoint]]\nname = 'two'\naddresses = ['192.0.2.2']\n{two}\n"
    found = imported(text).problems
    assert [(p.endpoint, problem[1] in p.problem) for p in found] == ([(problem[0], True)] if problem else [])
    assert len(names(endpoints)) == (1 if problem else 3)


def test_a_file_alone_must_have_one_that_is_enabled(endpoints, imported):
    endpoints.add("three", "three.example", addresses=["192.0.2.3"])
    rows = [f"[[endpoint]]\nname = '{name}'\nhost = '192.0.2.{n}'\nenabled = false\n" for n, name in enumerate("ab", 1)]
    assert [p.endpoint for p in imported("".join(rows), only=True).problems] == ["a", "b"]
    assert names(endpoints) == ["three"]
    assert imported("".join(rows)).added == ["a", "b"]


def test_what_list_prints_can_be_imported(endpoints, imported):
    import json

    imported()
    text = json.dumps([endpoints.as_dict(endpoint) for endpoint in endpoints.everyone()])
    assert len(imported(text).unchanged) == 6
