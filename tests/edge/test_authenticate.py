"""Digest and source addresses: who is let in."""

from dataclasses import dataclass

import pytest

from trunkline.edge.authenticate import Challenge, Customer, DisabledCarrier, by_address, by_digest
from trunkline.edge.lookup import Carrier

DOMAIN = "sip.example"
NUMBER = "447700900000"


@dataclass
class Claim:
    username: str
    realm: str = DOMAIN
    algorithm: str = "MD5"
    uri: str = f"sip:+{NUMBER}@{DOMAIN}"


@pytest.fixture
def digest(world, lookup):
    key = world.key()

    def checked(verdict="ok", recipient=NUMBER, **claim):
        return by_digest(
            Claim(claim.pop("username", key.name), **claim), recipient, DOMAIN, lookup, lambda ha1, alg: verdict
        )

    return checked


def test_the_right_secret(digest):
    assert isinstance(digest(), Customer)
    assert isinstance(digest(algorithm="SHA-256"), Customer)


@pytest.mark.parametrize(
    "facts", [{"verdict": "wrong"}, {"username": "nobody"}, {"algorithm": "SHA-512-256"}, {"uri": "sip:+33123456789@x"},
              {"uri": "nonsense"}, {"uri": "tel:+33123456789"}]
)  # fmt: skip
def test_wrong_credentials_are_challenged_again_and_count(digest, facts):
    result = digest(**facts)
    assert isinstance(result, Challenge)
    assert result.wrong is not None


@pytest.mark.parametrize(
    ("facts", "denial"),
    [({"verdict": "wrong"}, "secret"), ({"algorithm": "SHA-512-256"}, "algorithm"),
     ({"uri": "sip:+33123456789@x"}, "recipient"), ({"uri": f"tel:{NUMBER};phone-context=+1"}, "recipient"),
     ({"username": "nobody"}, "")],
)  # fmt: skip
def test_what_was_wrong_is_known_of_a_key_that_there_is(digest, facts, denial):
    result = digest(**facts)
    assert result.denial == denial
    assert bool(result.key) is bool(denial)
    assert result.wrong == digest(username="nobody").wrong, (
        "the response would tell a stranger that there is such a key"
    )


def test_a_stale_nonce_is_no_fault(digest):
    assert digest("stale") == Challenge(stale=True)


def test_credentials_for_another_realm_are_as_none(digest):
    assert digest(realm="elsewhere") == Challenge()


@pytest.mark.parametrize("uri", [f"sip:{NUMBER}@{DOMAIN}", f"sip:00{NUMBER}@192.0.2.1:5060", f"sip:{DOMAIN}",
                                 f"tel:+{NUMBER}", "TEL:+44-7700-900000;isub=1"])  # fmt: skip
def test_the_same_recipient_may_be_written_otherwise(digest, uri):
    assert isinstance(digest(uri=uri), Customer)


@pytest.mark.parametrize(
    ("recipient", "uri", "serves"),
    [
        ("alice", "sip:alice@x", True),
        ("alice", "sips:alice@x", True),
        ("bob", "sip:alice@x", False),  # neither is a number, which does not make them the same
        (NUMBER, "sip:alice@x", False),
        ("1001;a=b", "sip:1001@x", True),
        ("1001", "sip:1001;a=b@x", True),
        ("1001;a=b", "sip:1002@x", False),
        (f"0{NUMBER[2:]};phone-context=+44", f"tel:0{NUMBER[2:]};phone-context=+44", True),
        (f"0{NUMBER[2:]}", f"tel:0{NUMBER[2:]};phone-context=+44", False),
        (f"0{NUMBER[2:]}", f"tel:0{NUMBER[2:]};Phone-Context=+44", False),
        (NUMBER, f"tel:{NUMBER};Phone-Context=+1", False),
        (NUMBER, "TEL:", False),
    ],
)
def test_a_digest_serves_for_the_recipient_that_it_was_made_for(digest, recipient, uri, serves):
    assert isinstance(digest(uri=uri, recipient=recipient), Customer) is serves


def test_the_customer_is_the_account_of_the_key(world, lookup):
    mine, _ = world.key(), world.key()
    sender = by_digest(Claim(mine.name), NUMBER, DOMAIN, lookup, lambda ha1, algorithm: "ok")
    assert (sender.account.id, sender.key) == (mine.account_id, mine.name)


def test_the_second_secret_of_a_rotating_key(world, lookup):
    key = world.key()
    rows = [{"key_id": key.id, "key": key.name, "slot": s, "account_id": key.account_id, "ha1_md5": f"m{s}",
             "ha1_sha256": f"s{s}"} for s in (1, 2)]  # fmt: skip
    world.put("key", key.id, {"credential": rows})

    def only_the_second(ha1, algorithm):
        return "ok" if ha1 == "m2" else "wrong"

    assert isinstance(by_digest(Claim(key.name), NUMBER, DOMAIN, lookup, only_the_second), Customer)


def test_by_address(world, lookup):
    account = world.account(sources=("192.0.2.7/32",))
    carrier = world.carrier("192.0.2.8", 0)
    off = world.carrier("192.0.2.9", 0, enabled=0)
    assert by_address("192.0.2.7", 5060, lookup).account.id == account
    found = by_address("192.0.2.8", 5060, lookup)
    assert isinstance(found, Carrier)
    assert found.id == carrier
    assert lookup.source("192.0.2.9", 5060, "carrier") == off
    assert by_address("192.0.2.9", 5060, lookup) == DisabledCarrier(off)
    assert by_address("192.0.2.10", 5060, lookup) is None
