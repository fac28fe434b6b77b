"""What the workers know together of each call, and an account's own limits."""

import time

import pytest

from trunkline.contract import store
from trunkline.contract.endings import UNWANTED
from trunkline.edge.standing import Standing


@pytest.fixture
def standing(tables):
    return Standing(tables, 120)


@pytest.fixture
def account(world, lookup):
    def made(**columns):
        account_id = world.account(**columns)
        lookup.refresh()
        return lookup.account(account_id)

    return made


def test_calls_at_once(standing, account, tables):
    two = account(calls_at_once=2)
    assert standing.admit(two, "a") is None
    assert standing.admit(two, "b") is None
    refusal = standing.admit(two, "c")
    assert (refusal.code, "2 calls at once" in refusal.warning) == (503, True)
    standing.release("a")
    assert standing.admit(two, "c") is None
    assert tables.get("active", str(two.id)) == 2


def test_calls_on_other_nodes_count_too(standing, account, config, lookup):
    three = account(calls_at_once=3)
    assert lookup.elsewhere(three.id) == 0
    store.set_elsewhere(store.open_writer(config.store), {three.id: 2})
    lookup.refresh()
    assert lookup.elsewhere(three.id) == 2
    assert standing.admit(three, "a", lookup.elsewhere(three.id)) is None
    assert "3 calls at once" in standing.admit(three, "b", lookup.elsewhere(three.id)).warning
    assert standing.admit(three, "b", 1) is None


def test_a_call_is_released_once(standing, account, tables):
    one = account()
    standing.admit(one, "a")
    standing.release("a")
    standing.release("a")
    standing.release("never started")
    assert tables.get("active", str(one.id)) == 0


def test_a_call_whose_end_nobody_saw(standing, account, tables):
    one = account()
    standing.admit(one, "a")
    standing.expired(tables.take("calls", "a"))
    assert tables.get("active", str(one.id)) == 0


def test_calls_per_second(standing, account, monkeypatch):
    monkeypatch.setattr("trunkline.edge.standing.time.time", lambda: 1000.5)
    three = account(calls_per_second=3)
    results = [standing.admit(three, str(n)) for n in range(4)]
    assert results[:3] == [None] * 3
    assert "3 calls per second" in results[3].warning
    monkeypatch.setattr("trunkline.edge.standing.time.time", lambda: 1001.0)
    assert standing.admit(three, "next") is None


def test_no_limits(standing, account):
    free = account()
    assert all(standing.admit(free, str(n)) is None for n in range(1000))


def test_a_call_of_this_process_is_over_once_it_is_released(standing, tables):
    later = int(time.time()) + 5
    tables.put("calls", "0011223344556677", "7")
    assert not standing.is_over("0011223344556677", later)
    standing.release("0011223344556677")
    assert standing.is_over("0011223344556677", later)
    assert not standing.is_over("8899aabbccddeeff", 1)  # of before this process, which did not count it


def test_a_call_whose_record_is_closed_is_over_whenever_it_began(standing):
    """As after a restart: who talks on would talk unrecorded."""
    standing.over("8899aabbccddeeff")
    assert standing.is_over("8899aabbccddeeff", 1)


def test_the_callee_and_the_carrier_are_known_from_the_answer_to_the_end(standing, account):
    standing.admit(account(), "a", "")
    standing.admit(account(), "b", "")
    assert (standing.callee("a"), standing.carrier("a")) == (None, 0)
    standing.answered("a", "tag1", 7)
    standing.answered("b", "tag2")
    assert (standing.callee("a"), standing.carrier("a")) == ("tag1", 7)
    assert (standing.callee("b"), standing.carrier("b")) == ("tag2", 0)
    standing.release("a")
    assert (standing.callee("a"), standing.carrier("a")) == (None, 0)
    assert (standing.callee("b"), standing.carrier("b")) == ("tag2", 0)


def test_a_carrier_that_asks_for_credentials_is_known_before_its_answer(standing, account):
    assert standing.admit(account(), "a", "") is None
    standing.asked_by("a", 7)
    assert (standing.callee("a"), standing.carrier("a")) == (None, 7)
    standing.answered("a", "tag1", 8)
    assert (standing.callee("a"), standing.carrier("a")) == ("tag1", 8)
    standing.release("a")
    assert standing.carrier("a") == 0


def test_of_two_who_close_a_record_one_does(standing):
    assert standing.over("0011223344556677")
    assert not standing.over("0011223344556677")
    assert standing.is_closed("0011223344556677")
    assert standing.over("8899aabbccddeeff")


def test_an_answer_that_is_repeated_waits_for_an_ack_from_then_on(standing):
    standing.confirm("a")  # of the first copy, and lost behind us
    assert standing.unconfirmed("a") == ""
    standing.repeat_answer("a")
    assert standing.unconfirmed("a") == "missing"
    standing.confirm("a")
    standing.repeat_answer("a")
    assert standing.unconfirmed("a") == "passed"


def test_what_is_noted_of_a_call_is_known_of_no_other(standing, tables):
    tables.put(UNWANTED, "a", "1")
    standing.leave_early("a")
    standing.give_reason("a", "user busy")
    told = {call: (standing.is_unwanted(call), standing.left_early(call), standing.reason_given(call)) for call in "ab"}
    assert told == {"a": (True, True, "user busy"), "b": (False, False, "")}


@pytest.mark.parametrize(
    ("began", "later", "may"),
    [(-1, 0, True), (0, 0, True), (1, 0, False), (-1, 119, True), (-1, 121, False)],
)
def test_only_a_call_of_before_this_process_may_be_resumed_and_only_while_it_may_ring(
    standing, monkeypatch, began, later, may
):
    now = standing._since
    monkeypatch.setattr(time, "time", lambda: now + later)
    assert standing.may_resume("a", now + began, "a@pbx") is may


def test_one_that_is_known_is_not_resumed(standing, account):
    began = standing._since
    standing.admit(account(), "counted")
    standing.answered("answered", "tag")
    standing.over("over")
    assert [standing.may_resume(call, began, "a@pbx") for call in ("counted", "answered", "over")] == [False] * 3


def test_one_that_its_caller_has_left_is_not_resumed(standing, monkeypatch, tables):
    began = standing._since
    standing.leave_unknown("a@pbx")
    assert not standing.may_resume("a", began, "a@pbx")
    assert standing.may_resume("b", began, "b@pbx")
    monkeypatch.setattr(time, "time", lambda: began + 121)
    standing.leave_unknown("b@pbx")
    assert tables.get("over", "b@pbx") in (0, None), "strangers cannot fill the table"
