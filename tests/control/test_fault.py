"""Whose fault a failed call is said to be."""

import pytest


@pytest.fixture
def fault(sqlite):
    """The fault in a call of these events, each given as (event, fields)."""
    from trunkline.control.calls import fault

    return _judge(fault.of)


@pytest.fixture
def words(sqlite):
    """As `fault`, in words."""
    from trunkline.control.calls import fault

    return _judge(fault.in_words)


def _judge(judgement):
    from trunkline.control.calls import fold
    from trunkline.control.calls.models import Attempt, Call

    def judge(*events):
        call, attempts = Call(), {}
        for seconds, (name, fields) in enumerate(events):
            event = {"event": name, "time": 1_800_000_000 + seconds, "call": "x", **fields}
            fold.fold_call(call, event, fold.Directory())
            if n := fold.attempt_number(event):
                fold.fold_attempt(attempts.setdefault(n, Attempt(n=n)), event)
        return judgement(call, list(attempts.values()))

    return judge


@pytest.mark.parametrize(
    ("code", "whose"),
    [
        (403, "caller"),
        (404, "caller"),
        (407, "caller"),
        (480, "callee"),
        (488, "caller"),
        (500, "trunk"),
        (503, "trunk"),
    ],
)
def test_a_call_that_was_refused_before_any_attempt(fault, code, whose):
    assert fault(("reject", {"code": code})) == whose


@pytest.mark.parametrize(
    ("code", "whose"),
    [(302, "target"), (404, "caller"), (407, "trunk"), (486, "callee"), (488, "target"), (503, "target"),
     (580, "target"), (603, "callee"), (699, "callee")],
)  # fmt: skip
def test_what_the_last_target_answered_decides(fault, code, whose):
    failed = {"n": 2, "code": code, "cause": "reply"}
    assert fault(("failed", {"n": 1, "cause": "media"}), ("failed", failed), ("finish", {"code": 480})) == whose


@pytest.mark.parametrize(
    ("cause", "whose"),
    [("silence", "target"), ("transport", "target"), ("dns", "target"), ("ring", "callee"), ("media", "trunk")],
)
def test_without_an_answer_the_cause_decides(fault, cause, whose):
    assert fault(("attempt", {"n": 1}), ("failed", {"n": 1, "cause": cause}), ("finish", {"code": 486})) == whose


def test_a_caller_that_gives_up_is_nobodys_fault(fault):
    assert fault(("failed", {"n": 1, "cause": "cancel"}), ("finish", {"code": 487})) == "nobody"


def test_our_own_failure_in_the_middle_of_an_attempt_is_ours(fault):
    assert fault(("attempt", {"n": 1}), ("finish", {"code": 500})) == "trunk"


def test_a_call_that_goes_well_is_no_fault(fault):
    assert fault(("attempt", {"n": 1})) is None
    assert fault(("answer", {"n": 1, "code": 200}), ("end", {"by": "caller"})) is None


def test_every_cause_and_every_fault_has_its_words(sqlite):
    from trunkline.contract.journal import CAUSES
    from trunkline.control.calls import fault
    from trunkline.sip import status

    assert set(CAUSES) - {"reply"} == set(fault._BY_CAUSE) == set(fault._WHY)
    said = {row.fault for row in status.STATUSES.values()} | {row.ours for row in status.STATUSES.values()}
    assert said | set(fault._BY_CAUSE.values()) <= set(fault.WORDS)


@pytest.mark.parametrize(
    ("kind", "failed", "said"),
    [
        ("carrier", {"code": 503, "reason": "No"}, "the carrier's: telco said 503 No"),
        ("uri", {"code": 486}, "the called party's: telco said 486"),
        ("carrier", {"cause": "silence", "reason": "no response"}, "the carrier's: telco gave no response in time"),
        ("uri", {"cause": "dns", "reason": "no A record"}, "the PBX's: telco has no address (no A record)"),
        ("registered", {"cause": "transport"}, "the PBX's: telco could not be reached"),
        ("carrier", {"cause": "cancel"}, "nobody's: the caller gave up"),
    ],
)
def test_the_words_name_the_target_and_what_it_did(words, kind, failed, said):
    attempt = ("attempt", {"n": 1, "kind": kind, "target": "telco"})
    assert words(attempt, ("failed", {"n": 1} | failed), ("finish", {"code": 480})) == said


def test_a_refusal_is_in_the_words_that_the_caller_got(words):
    said = {"code": 403, "warning": "not your number", "direction": "outbound"}
    assert words(("reject", said)) == "the caller's: not your number"
    assert words(("answer", {"n": 1, "code": 200}), ("end", {"by": "caller"})) == ""


def test_a_number_without_a_route_is_the_trunks_and_no_number_is_the_callers(fault):
    for called, whose in (("+33123456789", "trunk"), ("12", "caller")):
        assert fault(("reject", {"code": 404, "direction": "outbound", "called": called})) == whose
    assert fault(("reject", {"code": 404, "direction": "inbound", "called": "33123456789"})) == "caller"
