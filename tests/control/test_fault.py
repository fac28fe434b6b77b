"""Whose fault a failed call is said to be."""

import pytest


@pytest.fixture
def fault(sqlite):
    """The fault in a call of these events, each given as (event, fields)."""
    from trunkline.control.calls import fault, fold
    from trunkline.control.calls.models import Attempt, Call

    def judge(*events):
        call, attempts = Call(), {}
        for seconds, (name, fields) in enumerate(events):
            event = {"event": name, "time": 1_800_000_000 + seconds, "call": "x", **fields}
            fold.fold_call(call, event, fold.Directory())
            if n := fold.attempt_number(event):
                fold.fold_attempt(attempts.setdefault(n, Attempt(n=n)), event)
        return fault.of(call, list(attempts.values()))

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

    assert set(CAUSES) - {"reply"} == set(fault._BY_CAUSE)
    said = {row.fault for row in status.STATUSES.values()} | {row.ours for row in status.STATUSES.values()}
    assert said | set(fault._BY_CAUSE.values()) <= set(fault.WORDS)
