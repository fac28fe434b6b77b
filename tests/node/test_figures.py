"""What is counted of calls, by the journal's lines."""

import itertools

import pytest
from prometheus_client import CollectorRegistry

from trunkline.node.calls import LONGEST_SETUP
from trunkline.node.figures import Figures

BEGAN = 1_800_000_000.0
SETUP = ("setup", 0, {"direction": "outbound"})


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def figures(registry):
    made = Figures(registry)
    made.count()
    return made


@pytest.fixture
def tell(figures):
    """Take the lines of one call, given as (event, seconds, fields)."""
    uids = map(str, itertools.count())

    def take(*events):
        uid = next(uids)
        for name, seconds, fields in events:
            figures.take({"event": name, "time": BEGAN + seconds, "call": uid, **fields})

    return take


@pytest.fixture
def counted(registry):
    """Every sample that is not 0, as Prometheus reads it, without the times at which they were made."""

    def read() -> dict[str, float]:
        found = {}
        for metric in registry.collect():
            for name, labels, value, *_ in metric.samples:
                if value and not name.endswith("_created") and "le" not in labels:
                    found[f"{name}{{{','.join(labels.values())}}}"] = value
        return found

    return read


def carrier(n, name):
    return {"n": n, "kind": "carrier", "target": name}


def test_an_answered_call(tell, counted):
    tell(
        SETUP,
        ("attempt", 0.1, carrier(1, "telco")),
        ("failed", 2, {"n": 1, "code": 503, "cause": "reply"}),
        ("attempt", 2, carrier(2, "backup")),
        ("progress", 3, {"n": 2, "code": 180}),
        ("answer", 8, {"n": 2, "code": 200}),
        ("end", 68, {"by": "caller"}),
        ("quality", 68, {"caller": {"packets": 3000, "mos": 4.3}, "callee": {"packets": 9}}),
    )
    assert counted() == {
        "trunkline_calls_total{outbound,answered}": 1,
        "trunkline_talk_seconds_total{outbound}": 60,
        "trunkline_attempts_total{carrier,telco,503}": 1,
        "trunkline_attempts_total{carrier,backup,200}": 1,
        "trunkline_post_dial_delay_seconds_count{outbound}": 1,
        "trunkline_post_dial_delay_seconds_sum{outbound}": 3,
        "trunkline_mos_count{caller}": 1,
        "trunkline_mos_sum{caller}": 4.3,
    }


def test_a_challenge_is_no_failure_of_the_carrier(tell, counted):
    tell(
        SETUP,
        ("attempt", 0, carrier(1, "telco")),
        ("failed", 1, {"n": 1, "code": 407, "cause": "reply"}),
        ("answer", 2, {"n": 1, "code": 200}),
    )
    assert {name for name in counted() if "attempts" in name} == set()  # more may follow
    tell(
        SETUP,
        ("attempt", 0, carrier(1, "telco")),
        ("failed", 1, {"n": 1, "code": 407, "cause": "reply"}),
        ("answer", 2, {"n": 1, "code": 200}),
        ("end", 3, {"by": "callee"}),
    )
    assert {name for name in counted() if "attempts" in name} == {"trunkline_attempts_total{carrier,telco,200}"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([SETUP, ("finish", 1, {"code": 487})],
         {"calls_total{outbound,cancelled}", "calls_refused_total{outbound,487}"}),
        ([SETUP, ("finish", 1, {"code": 503})], {"calls_total{outbound,failed}", "calls_refused_total{outbound,503}"}),
        ([SETUP, ("end", 1, {"by": "edge"})], {"calls_total{outbound,failed}"}),
        (
            [("reject", 0, {"direction": "inbound", "code": 404})],
            {"calls_total{inbound,rejected}", "calls_refused_total{inbound,404}"},
        ),
        ([("denied", 0, {"denial": "secret", "key": "k"})], {"credentials_denied_total{secret}"}),
        (
            [SETUP, ("attempt", 0, {"n": 1, "kind": "uri", "target": "sip:a@b"}),
             ("failed", 5, {"n": 1, "cause": "silence"}), ("finish", 5, {"code": 486})],
            {"calls_total{outbound,failed}", "calls_refused_total{outbound,486}", "attempts_total{uri,,silence}"},
        ),
    ],
)  # fmt: skip
def test_calls_that_nobody_answered(tell, counted, events, expected):
    tell(*events)
    assert set(counted()) == {f"trunkline_{name}" for name in expected}


def test_what_was_there_before_is_known_and_does_not_count(registry, counted):
    figures = Figures(registry)
    lines = [
        {"event": "setup", "time": BEGAN, "call": "over", "direction": "inbound"},
        {"event": "finish", "time": BEGAN, "call": "over", "code": 486},
        {"event": "setup", "time": BEGAN, "call": "up", "direction": "inbound"},
        {"event": "answer", "time": BEGAN + 1, "call": "up", "n": 1, "code": 200},
    ]
    for line in lines:
        figures.take(line)
    assert counted() == {}
    figures.count()
    figures.take({"event": "end", "time": BEGAN + 11, "call": "up", "by": "callee"})
    assert counted()["trunkline_calls_total{inbound,answered}"] == 1
    assert counted()["trunkline_talk_seconds_total{inbound}"] == 10


def test_the_lines_of_a_call_that_nobody_knows_are_passed_over(tell, counted):
    tell(("answer", 1, {"n": 1, "code": 200}), ("end", 2, {"by": "caller"}))
    assert counted() == {}


def test_a_call_whose_end_nobody_wrote_is_forgotten_and_one_that_is_up_is_not(figures):
    for uid in ("rings", "talks"):
        figures.take({"event": "setup", "time": BEGAN, "call": uid, "direction": "inbound"})
    figures.take({"event": "answer", "time": BEGAN, "call": "talks", "n": 1, "code": 200})
    figures.forget(BEGAN + LONGEST_SETUP + 1)
    assert list(figures._begun) == ["talks"]
