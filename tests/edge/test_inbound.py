"""What a number's *Forward to SIP* list means at the time of a call."""

from dataclasses import replace

import pytest

from trunkline.contract import edge_config
from trunkline.edge import inbound
from trunkline.sip.fence import Fence
from trunkline.sip.refusal import Refusal

DOMAIN = "sip.example"


@pytest.fixture
def attempts(world, lookup, config):
    def found(text, account_id=0, config=config):
        number = world.number(text, account_id or world.account())
        lookup.refresh()
        return inbound.attempts(lookup.number(number), lookup, config)

    return found


@pytest.fixture
def fenced(config):
    return replace(config, fence=Fence(own=("203.0.113.5",), exempt=("127.0.0.80:5060",)))


@pytest.mark.parametrize("recipient", ["{}", "+{}", "00{}"])
def test_the_number_is_found_however_the_carrier_writes_it(world, lookup, recipient):
    number = world.number("sip:1@192.0.2.9")
    assert inbound.find(recipient.format(number), lookup).e164 == number


@pytest.mark.parametrize(
    ("recipient", "words"), [("1001", "not an E.164 number"), ("447700900000", "is not a number of an account")]
)
def test_what_is_no_number_here_is_404(lookup, recipient, words):
    refusal = inbound.find(recipient, lookup)
    assert refusal.code == 404
    assert words in refusal.warning


def test_the_list_in_order_with_its_times_and_transports(attempts):
    found = attempts(
        "sip:1@192.0.2.1;timeout=2000,sip:2@192.0.2.2:5070;transport=tls,sip:3@192.0.2.3;x=y;transport=tcp"
    )
    assert [(a.uri, a.ip, a.port, a.transport, a.timeout, a.group) for a in found] == [
        ("sip:1@192.0.2.1", "192.0.2.1", 5060, "udp", 2000, 0),
        ("sip:2@192.0.2.2:5070", "192.0.2.2", 5070, "tls", 5000, 1),
        ("sip:3@192.0.2.3;x=y", "192.0.2.3", 5060, "tcp", 5000, 2),
    ]


def test_an_address_of_the_other_ip_version_is_passed_over_in_words(world, lookup, config):
    def problems(sip_socket):
        number = lookup.number(world.number("sip:1@[2001:db8::9],sip:1@192.0.2.9"))
        found = inbound.attempts(number, lookup, replace(config, sip_socket=sip_socket))
        assert {attempt.cause for attempt in found if attempt.problem} == {"transport"}
        return [attempt.problem for attempt in found]

    assert problems("udp:192.0.2.1:5060") == ["it is IPv6, and this node has only IPv4", ""]
    assert problems("udp:[2001:db8::1]:5060") == ["", "it is IPv4, and this node has only IPv6"]


def test_a_number_that_is_forwarded_nowhere(attempts):
    refusal = attempts("")
    assert isinstance(refusal, Refusal)
    assert (refusal.code, "Forward to SIP" in refusal.warning) == (480, True)


def test_a_disabled_owner(world, attempts):
    assert attempts("sip:1@192.0.2.1", world.account(enabled=0)).code == 480


def test_the_accounts_own_key_means_its_registered_contact(world, attempts):
    key = world.key()
    (attempt,) = attempts(f"sip:{key.name}@{DOMAIN}", key.account_id)
    assert (attempt.kind, attempt.ip, attempt.problem) == ("registered", "", "")


def test_another_accounts_key_is_none_of_its_business(world, attempts):
    (attempt,) = attempts(f"sip:{world.key().name}@{DOMAIN}", world.account())
    assert "not one of this account" in attempt.problem


def test_a_key_that_is_disabled_is_called_that(world, attempts):
    key = world.key()
    world.delete("key", key.id)
    (attempt,) = attempts(f"sip:{key.name}@{DOMAIN}", key.account_id)
    assert "disabled" in attempt.problem


@pytest.mark.parametrize("enabled", [0, 1])
@pytest.mark.parametrize(
    "uri", ["192.0.2.66", "192.0.2.66:5080", "192.0.2.77", "198.51.100.9", "other.example;transport=tls"]
)
def test_a_forward_to_a_carrier_would_be_a_way_past_routes_and_limits(world, attempts, uri, enabled):
    world.carrier("192.0.2.66", 5060, sources=("198.51.100.0/28",), enabled=enabled)
    world.carrier("carrier.example", 0, sources=(), transport="tcp")
    world.resolution("carrier.example", [["192.0.2.77", 5060, 1, 1]], transport="tcp")
    world.resolution("other.example", [["192.0.2.77", 5061, 1, 1]], transport="tls")
    pbx, carrier = attempts(f"sip:1@192.0.2.1,sip:447700900000@{uri}")
    assert not pbx.problem
    assert "leads to a carrier" in carrier.problem


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("127.0.0.1:5432;transport=tcp", "a loopback address"),
        ("inside.example", "a loopback address"),
        ("metadata.example", "a link-local address"),
        ("[::1]", "a loopback address"),
        ("203.0.113.5:22;transport=tcp", "an address of this service itself"),
    ],
)
def test_a_forward_to_this_machine_is_passed_over_whatever_was_allowed_when_it_was_written(
    world, attempts, fenced, uri, words
):
    world.resolution("inside.example", [["127.0.0.1", 5060, 1, 1]])
    world.resolution("metadata.example", [["169.254.169.254", 5060, 1, 1]])
    barred, pbx = attempts(f"sip:1@{uri},sip:2@192.0.2.1", config=fenced)
    assert (pbx.problem, barred.cause) == ("", "transport")
    assert barred.problem == f"it leads to {words} instead of a PBX"


def test_of_a_name_with_many_addresses_the_others_are_tried(world, attempts, fenced):
    world.resolution("pbx.example", [["127.0.0.1", 5060, 1, 1], ["192.0.2.1", 5060, 2, 1]])
    assert [bool(attempt.problem) for attempt in attempts("sip:1@pbx.example", config=fenced)] == [True, False]


def test_the_fence_reaches_the_workers(config, fenced, tmp_path):
    edge_config.write(tmp_path / "edge.json", fenced)
    assert edge_config.read(tmp_path / "edge.json") == fenced
