"""What a PBX may call, as whom, and by which way."""

import json

import pytest

from trunkline.edge.outbound import Dialled, Permitted, Unreachable, carrier_uri, decide
from trunkline.sip.refusal import Refusal

CALLER, CALLED = "447700900111", "12125550123"


@pytest.fixture
def call(world, lookup, config):
    """Decides a call of an account with these columns."""

    def decided(recipient=CALLED, caller=CALLER, diversions=(), account_id=0, **columns):
        account_id = world.account(account_id=account_id, **columns)
        lookup.refresh()
        return decide(Dialled(recipient, caller, diversions), lookup.account(account_id), lookup, config)

    return decided


@pytest.fixture
def carrier(world):
    carrier_id = world.carrier("192.0.2.50", 5062)
    world.route(carrier_id, prefix="")
    return carrier_id


def test_a_call_to_a_carrier(call, carrier):
    decision = call("+1 (212) 555-0123", "+447700900111")
    assert isinstance(decision, Permitted)
    assert (decision.direction, decision.caller, decision.called) == ("outbound", CALLER, CALLED)
    (attempt,) = decision.attempts
    assert (attempt.uri, attempt.carrier_id) == (f"sip:{CALLED}@192.0.2.50:5062", carrier)
    assert attempt.next_hop == "sip:192.0.2.50:5062;transport=udp"


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        ({"enabled": 0}, 403, "disabled"),
        ({"recipient": "1001"}, 404, "'1001' is not an E.164 number"),
        ({"recipient": "emergency"}, 404, "not an E.164 number"),
        ({"caller": "anonymous"}, 403, "'anonymous' is not an E.164 number"),
        ({"caller": ""}, 403, "not an E.164 number"),
        ({"caller_id": "owned"}, 403, f"{CALLER} is not a number of this account"),
        ({"destinations": json.dumps(["44", "49"])}, 403, f"may not call {CALLED}"),
    ],
)
def test_refused_with_the_reason(call, carrier, facts, code, words):
    decision = call(**facts)
    assert isinstance(decision, Refusal)
    assert decision.code == code
    assert words in decision.warning


def test_no_carrier_serves_it(call):
    assert call().code == 404


def test_a_prefix_that_is_refused(world, call, carrier):
    world.route(0, prefix="1212")
    decision = call()
    assert (decision.code, decision.warning) == (403, f"Calls to {CALLED} are not carried by this service")
    assert isinstance(call("13105550123"), Permitted)


def test_allowed_destinations(call, carrier):
    assert isinstance(call(destinations=json.dumps(["44", "1212"])), Permitted)


def test_an_owned_caller_id(world, call, carrier):
    account = world.account()
    owned = world.number("sip:1@192.0.2.9", account)
    assert isinstance(call(caller=owned, caller_id="owned", account_id=account), Permitted)
    strangers = world.number("sip:1@192.0.2.9")
    assert call(caller=strangers, caller_id="owned", account_id=account).code == 403


def test_a_diversion_of_an_owned_number_vouches_for_a_strangers_caller_id(world, call, carrier):
    account = world.account()
    owned, strangers = world.number("sip:1@192.0.2.9", account), world.number("sip:1@192.0.2.9")
    decision = call(diversions=("nonsense", f"+{owned}"), caller_id="owned", account_id=account)
    assert (decision.caller, decision.diversion) == (CALLER, owned)
    assert call(diversions=(strangers,), caller_id="owned", account_id=account).code == 403


def test_the_number_that_is_called_vouches_for_nobody(world, call):
    """A History-Info always ends with it."""
    account = world.account(caller_id="owned")
    owned = world.number("sip:1234@192.0.2.1", account_id=account)
    assert call(owned, diversions=(f"+{owned}",), caller_id="owned", account_id=account).code == 403


def test_a_number_hosted_here_goes_straight_to_its_owner(world, call, carrier):
    hosted = world.number("sip:7@192.0.2.9")
    decision = call(recipient=hosted)
    assert decision.direction == "internal"
    assert [a.uri for a in decision.attempts] == ["sip:7@192.0.2.9"]
    assert decision.owner is not None


def test_a_number_hosted_here_that_leads_nowhere_is_for_its_owner_to_know(world, call, carrier):
    theirs = world.account()
    decision = call(recipient=world.number("", theirs))
    assert isinstance(decision, Unreachable)
    assert (decision.why.code, decision.owner.id) == (480, theirs)


def test_every_address_of_every_carrier_is_an_attempt_with_its_own_rules(world, call):
    first = world.carrier("sip.one.example", 0, sources=(), strip=1, prefix="00")
    second = world.carrier("192.0.2.51", 0, prefix="+", transport="tls")
    world.route(first, second, prefix="1")
    world.resolution("sip.one.example", [["192.0.2.1", 5060, 1, 0], ["192.0.2.2", 5060, 2, 0]])
    attempts = call().attempts
    assert [(a.ip, a.port, a.group) for a in attempts] == [
        ("192.0.2.1", 5060, 0),
        ("192.0.2.2", 5060, 0),
        ("192.0.2.51", 5061, 1),
    ]
    assert [a.uri for a in attempts] == ["sip:002125550123@sip.one.example"] * 2 + [f"sip:+{CALLED}@192.0.2.51"]


@pytest.mark.parametrize(("strip", "left"), [(10, "3"), (11, ""), (14, "")])
def test_a_carrier_whose_rule_leaves_no_digits_is_passed_by(world, call, strip, left):
    strict = world.carrier("192.0.2.50", 5060, strip=strip, prefix="+", transport="tcp")
    world.route(strict, world.carrier("192.0.2.51", 5060), prefix="1")
    first, second = call().attempts
    if left:
        assert (first.uri, first.ip, first.problem) == (f"sip:+{left}@192.0.2.50:5060", "192.0.2.50", "")
    else:
        assert (first.ip, first.transport, first.cause, first.carrier_id) == ("", "tcp", "rule", strict)
        assert first.problem == "its strip rule leaves no digits of this number"
    assert (second.uri, second.problem) == (f"sip:{CALLED}@192.0.2.51:5060", "")


def test_a_carrier_with_an_ipv6_address(world, lookup):
    carrier = lookup.carrier(world.carrier("2001:db8::9", 5060))
    assert carrier_uri(carrier, "447700900000") == "sip:447700900000@[2001:db8::9]:5060"
