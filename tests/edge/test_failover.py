"""What follows an attempt that ended without an answer: a table."""

import pytest

from trunkline.edge.failover import (
    NO_RESPONSE,
    ONLY_TRYING,
    AnswerChallenge,
    Outcome,
    Relay,
    after,
    enter,
    words,
)
from trunkline.edge.plan import Attempt, Plan
from trunkline.sip.refusal import Refusal


def plan(direction: str, current: int) -> Plan:
    made = [Attempt("uri", f"target{n}", n, 2000, "sip:x@y", f"192.0.2.{n}") for n in range(max(2, current + 1))]
    return Plan("c" * 16, 1, direction, made, current)


def follow(direction: str, current: int, cause: str, code: int = 0, credentials: bool = False):
    outcome = Outcome(cause, code, "words")
    made = plan(direction, current)
    made.failures.append(words(outcome))
    return after(made, outcome, credentials, 120)


@pytest.mark.parametrize("direction", ["outbound", "inbound", "internal"])
@pytest.mark.parametrize(
    ("cause", "code"),
    [
        *(("reply", code) for code in (430, 500, 503, 513, 599)),
        *((cause, 0) for cause in ("silence", "transport", "dns")),
    ],
)
def test_these_go_on_to_the_next(direction, cause, code):
    assert follow(direction, 0, cause, code) == 1


@pytest.mark.parametrize(("kind", "expected"), [("carrier", 2), ("uri", 1)])
def test_a_carrier_that_is_there_is_not_asked_at_its_other_addresses(kind, expected):
    made = [Attempt(kind, "target", group, 2000, "sip:x@y", carrier_id=kind == "carrier") for group in (0, 0, 1)]
    assert after(Plan("c" * 16, 1, "outbound", made, 0), Outcome("silence", 0, ONLY_TRYING), False, 120) == expected
    assert after(Plan("c" * 16, 1, "outbound", made, 0), Outcome("silence", 0, NO_RESPONSE), False, 120) == 1


@pytest.mark.parametrize("code", [400, 403, 404, 408, 415, 480, 484, 486, 488, 491, 600, 603, 604, 606])
def test_no_4xx_or_6xx_is_tried_elsewhere(code):
    assert follow("inbound", 0, "reply", code) == Relay()


def test_nobody_is_tried_after_a_cancel():
    assert follow("outbound", 0, "cancel") == Relay()


@pytest.mark.parametrize(
    ("direction", "cause", "code", "expected"),
    [
        ("inbound", "silence", 0, 486),  # the page: the timeout is 486
        ("inbound", "transport", 0, 480),
        ("inbound", "dns", 0, 480),
        ("outbound", "silence", 0, 503),
        ("outbound", "reply", 500, 503),
        ("outbound", "dns", 0, 503),
        ("inbound", "ring", 0, 480),
        ("outbound", "media", 0, 503),
        ("inbound", "reply", 302, 480),
        ("inbound", "reply", 430, 480),  # between our nodes alone
        ("inbound", "reply", 401, 502),
        ("outbound", "reply", 487, 480),  # nobody gave up, whatever it says
        ("outbound", "reply", 407, 502),
    ],
)
def test_how_a_call_ends_when_nobody_is_left(direction, cause, code, expected):
    end = follow(direction, 1, cause, code)
    assert isinstance(end, Refusal)
    assert end.code == expected


@pytest.mark.parametrize(("code", "expected"), [(500, 500), (504, 504), (503, 500)])
def test_the_last_5xx_of_a_pbx_is_its_callers_to_see(code, expected):
    assert follow("inbound", 1, "reply", code).code == expected


@pytest.mark.parametrize("direction", ["outbound", "inbound"])
@pytest.mark.parametrize(("cause", "code", "words"), [
    ("ring", 480, "rang for 120 s"),
    ("order", 480, "ended"),
    ("media", 503, "media"),
])  # fmt: skip
def test_these_are_not_tried_elsewhere(direction, cause, code, words):
    end = follow(direction, 0, cause)
    assert isinstance(end, Refusal)
    assert end.code == code
    assert words in end.warning


def test_a_carriers_challenge_is_answered_once():
    assert follow("outbound", 0, "reply", 407, credentials=True) == AnswerChallenge()
    made = plan("outbound", 0)
    made.authenticated = True
    assert after(made, Outcome("reply", 407, ""), True, 120).code == 502
    enter(made, 1, 100.0)  # the next carrier has asked for none yet
    assert after(made, Outcome("reply", 407, ""), True, 120) == AnswerChallenge()


def test_the_words_tell_of_every_attempt_and_name_no_target():
    made = plan("outbound", 2)
    last = Outcome("silence", 0, "no response in time")
    outcomes = Outcome("reply", 503, "pbx.example is busy"), Outcome("dns", 0, "pbx.example does not exist"), last
    made.failures += [words(outcome) for outcome in outcomes]
    detail = "attempt 1: 503; attempt 2: its host name does not resolve; attempt 3: no response in time"
    assert after(made, last, False, 120).warning.endswith(detail)
