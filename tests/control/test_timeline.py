from itertools import permutations

import pytest

from trunkline.contract.endings import UNHEARD


@pytest.fixture
def steps(sqlite):
    """Fold events, given as (event, seconds, fields), and return the steps as (who, what)."""
    from trunkline.control.calls import fold
    from trunkline.control.calls.models import Attempt, Call
    from trunkline.control.calls.timeline import steps

    def tell(*events):
        call, attempts = Call(), {}
        for name, seconds, fields in events:
            event = {"event": name, "time": 1_800_000_000 + seconds, "call": "x", **fields}
            fold.fold_call(call, event, fold.Directory())
            if n := fold.attempt_number(event):
                fold.fold_attempt(attempts.setdefault(n, Attempt(n=n)), event)
        return [(step.who, step.what) for step in steps(call, attempts.values())]

    return tell


def test_each_step_says_whose_words_it_has(steps):
    assert steps(
        ("setup", 0, {"called": "33100000001", "source": "udp:192.0.2.7:5060"}),
        ("attempt", 1, {"n": 1, "target": "telco", "address": "198.51.100.1:5060", "number": "01133100000001"}),
        ("failed", 2, {"n": 1, "code": 503, "reason": "Service Unavailable", "cause": "reply"}),
        ("attempt", 3, {"n": 2, "target": "backup", "number": "33100000001"}),
        ("failed", 8, {"n": 2, "cause": "silence"}),
        ("attempt", 9, {"n": 3, "target": "third"}),
        ("progress", 10, {"n": 3, "code": 180}),
        ("answer", 11, {"n": 3, "code": 200}),
        ("end", 20, {"by": "callee", "reason": ""}),
    ) == [
        ("caller", "calls 33100000001 from udp:192.0.2.7:5060"),
        ("trunkline", "tries telco at 198.51.100.1:5060 for 01133100000001"),
        ("telco", "says 503 Service Unavailable"),
        ("trunkline", "tries backup"),
        ("trunkline", "heard nothing in time, and gave up"),
        ("trunkline", "tries third"),
        ("third", "rings"),
        ("third", "says 200"),
        ("trunkline", "passes the answer on: 200"),
        ("callee", "hangs up"),
    ]


def test_srtp_and_keys_that_could_be_read_are_told(steps):
    assert steps(
        ("setup", 0, {"called": "33100000001", "source": "udp:192.0.2.7:5060", "media": "srtp"}),
        ("attempt", 1, {"n": 1, "target": "sip:a@b.example", "address": "tls:198.51.100.1:5061", "media": "srtp"}),
        ("attempt", 2, {"n": 2, "target": "sip:key1@sip.example", "media": "srtp"}),
    ) == [
        (
            "caller",
            "calls 33100000001 from udp:192.0.2.7:5060 with SRTP, whose keys anyone on the way could read: use TLS",
        ),
        ("trunkline", "tries sip:a@b.example at tls:198.51.100.1:5061 with SRTP"),
        ("trunkline", "tries sip:key1@sip.example with SRTP"),
    ]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            ("reject", 0, {"code": 403, "reason": "Forbidden", "warning": "not yours"}),
            ("trunkline", "refuses the call: 403 Forbidden (not yours)"),
        ),
        (("finish", 3, {"code": 486, "reason": "Busy Here"}), ("trunkline", "ends the call: 486 Busy Here")),
        (("failed", 3, {"n": 1, "cause": "cancel"}), ("caller", "gives up")),
        (
            ("failed", 3, {"n": 1, "cause": "dns", "reason": "x does not resolve"}),
            ("trunkline", "found no address for it: x does not resolve"),
        ),
        (("end", 3, {"by": "edge", "reason": "too long"}), ("trunkline", "hangs up: too long")),
    ],
)
def test_how_a_call_ends(steps, event, expected):
    assert steps(event)[-1] == expected


def test_every_cause_of_the_journal_has_its_words(steps):
    from trunkline.contract.journal import CAUSES
    from trunkline.control.calls import timeline

    assert set(CAUSES) - {"reply", "cancel"} == set(timeline._OUR_WORDS)


@pytest.mark.parametrize("said", ["", "Q.850;cause=16"])
def test_a_bye_that_did_not_reach_the_other_party_is_told_in_whatever_order(steps, said):
    answer, end = ("answer", 1, {"n": 1, "code": 200}), ("end", 2, {"by": "callee", "reason": said})
    unheard = ("end", 34, {"by": "edge", "reason": UNHEARD})
    words = f"normal clearing (Q.850 cause 16); {UNHEARD}" if said else UNHEARD
    for events in permutations((answer, end, unheard)):
        found = [step for step in steps(*events, *events) if "hangs up" in step[1]]
        assert found == [("callee", f"hangs up: {words}")]
