"""What to do next about a call, by its record."""

import pytest

from trunkline.contract.endings import UNHEARD
from trunkline.contract.journal import GONE


@pytest.fixture
def advice(sqlite):
    """What is said of a call with these columns, and one attempt with those."""
    from trunkline.control.calls import advice
    from trunkline.control.calls.models import Attempt, Call

    def of(call, **attempt):
        made = Call(**{"direction": "outbound", "called": "33123456789", "caller": "447700900001"} | call)
        return advice.of(made, [Attempt(**{"n": 1, "target": "telco"} | attempt)] if attempt else [])

    return of


FAILED, ANSWERED = {"refused": "then", "code": 480}, {"answered": "then", "duration": 9.0}


@pytest.mark.parametrize(
    ("attempt", "by_carrier", "by_pbx"),
    [
        ({"code": 403}, "what it refuses: the caller ID 447700900001", "take calls from the addresses"),
        ({"code": 404}, "its strip and prefix", "the extensions of the PBX"),
        ({"code": 407}, "username and password of telco", "without a password"),
        ({"code": 302}, "does not follow redirections", "does not follow redirections"),
        ({"code": 488}, "which codecs", "which codecs"),
        ({"code": 500}, "Ask telco why", "own log"),
        ({"code": 486}, "", ""),
        ({"cause": "silence", "reason": "no response in time"}, "look for a firewall", "Check that the PBX is up"),
        ({"cause": "silence", "reason": "no more than 100 Trying in time"}, "telco got the INVITE", "the PBX is up"),
        ({"cause": "transport"}, "compare host, port", "Compare host, port"),
        ({"cause": "dns", "reason": "no name server answers for x"}, "dns.servers", "name servers of that domain"),
        ({"cause": "dns", "reason": "x has no A record"}, "look it up in DNS", "host name in Forward to SIP"),
        ({"cause": "rule", "reason": "its strip rule leaves no digits"}, "digits are stripped for telco", ""),
        ({"cause": "rule", "reason": "it was disabled or removed meanwhile"}, "enable telco again", ""),
        ({"cause": "ring"}, "", ""),
        ({"cause": "cancel"}, "", ""),
    ],
)
def test_of_a_call_that_failed(advice, attempt, by_carrier, by_pbx):
    for kind, words in (("carrier", by_carrier), ("uri", by_pbx)):
        said = advice(FAILED, kind=kind, **attempt)
        assert words in said if words else said == ""


def test_a_caller_is_not_told_to_mend_another_customers_pbx(advice):
    from trunkline.control.calls.seen import THEIR_PBX

    said = advice(FAILED, kind="uri", target=THEIR_PBX, code=403)
    assert said == "Tell whoever has 33123456789 that it was their PBX"
    assert advice(FAILED, kind="uri", target=THEIR_PBX, code=486) == ""


@pytest.mark.parametrize(
    ("direction", "silent", "kind", "words"),
    [
        ("outbound", "callee", "carrier", "Ask telco where it sent"),
        ("outbound", "caller", "carrier", "media addresses on the page Trunk"),
        ("inbound", "caller", "uri", "Ask other where it sent"),
        ("inbound", "callee", "uri", "media addresses on the page Trunk"),
        ("inbound", "", "uri", ""),
    ],
)
def test_of_a_call_in_which_one_side_was_not_heard(advice, direction, silent, kind, words):
    heard = {f"{party}_packets": 0 if party == silent else 450 for party in ("caller", "callee")}
    said = advice(ANSWERED | heard | {"direction": direction, "carrier": "other"}, kind=kind, code=200)
    assert words in said if words else said == ""


def test_of_a_call_that_was_refused_where_the_refusal_does_not_say_it(advice):
    rejected = {"refused": "then", "outcome": "rejected", "direction": "inbound"}
    assert "has to give it to an account" in advice(rejected | {"code": 404})
    assert "that carrier's sources" in advice(rejected | {"code": 407})
    assert advice(rejected | {"code": 404, "called": "101"}) == advice(rejected | {"code": 480}) == ""


@pytest.mark.parametrize(
    ("direction", "by", "kind", "words"),
    [
        ("outbound", "callee", "carrier", "Check that the PBX is not in the call still"),
        ("outbound", "caller", "carrier", "Ask telco whether the call is over for it, too"),
        ("inbound", "callee", "registered", "Ask other whether the call is over"),
        ("inbound", "caller", "registered", "Check that the PBX is not in the call still"),
    ],
)
def test_of_a_call_whose_bye_did_not_reach_the_other_party(advice, direction, by, kind, words):
    call = ANSWERED | {"direction": direction, "carrier": "other", "hung_up_by": by, "hung_up_reason": UNHEARD}
    assert words in advice(call, kind=kind, code=200)
    assert advice(call | {"hung_up_reason": ""}, kind=kind, code=200) == ""


def test_of_another_customers_pbx_that_a_bye_did_not_reach(advice):
    from trunkline.control.calls.seen import THEIR_PBX

    call = ANSWERED | {"direction": "internal", "hung_up_by": "caller", "hung_up_reason": UNHEARD}
    assert advice(call, kind="uri", target=THEIR_PBX) == (
        "Tell whoever has 33123456789 that their PBX may be in the call still"
    )


def test_of_a_registered_pbx_that_is_not_where_it_registered(advice):
    assert "gave it another port" in advice(FAILED, kind="registered", cause="silence", reason="no response in time")
    assert "a connection that is lost" in advice(FAILED, kind="registered", cause="transport", reason=GONE)
