"""Floods, scans, and an account's own limits."""

import time

import pytest

from trunkline.contract import store
from trunkline.edge.limits import MOST_SLOW_DNS, SLOW_DNS, SLOW_DNS_OF_ONE, Limits


class Tables:
    """Counters as Kamailio keeps them, without expiry."""

    def __init__(self):
        self.rows = {}

    def get(self, table, key):
        return self.rows.get((table, key), 0 if table == "slow" else None)

    def put(self, table, key, value):
        self.rows[table, key] = value

    def add(self, table, key, by=1):
        self.rows[table, key] = self.rows.get((table, key), 0) + by
        return self.rows[table, key]

    def subtract(self, table, key):
        return self.add(table, key, -1)

    def take(self, table, key):
        return self.rows.pop((table, key), None)


@pytest.fixture
def tables():
    return Tables()


@pytest.fixture
def limits(config, tables):
    return Limits(config, tables)


def test_a_flood_is_banned(limits, config):
    assert not any(limits.seen("192.0.2.1") for _ in range(config.requests_per_10s))
    assert limits.seen("192.0.2.1")
    assert limits.banned("192.0.2.1")
    assert not limits.banned("192.0.2.2")


def test_wrong_secrets_are_banned_sooner(limits, config):
    assert [limits.refused("192.0.2.1") for _ in range(config.refusals_per_minute + 1)][-1]
    assert limits.banned("192.0.2.1")


def test_nobody_gets_a_proven_source_banned(limits):
    limits.trust("192.0.2.1")
    for _ in range(100):
        limits.seen("192.0.2.1")
        limits.refused("192.0.2.1")
    assert not limits.banned("192.0.2.1")


@pytest.fixture
def account(world, lookup):
    def made(**columns):
        account_id = world.account(**columns)
        lookup.refresh()
        return lookup.account(account_id)

    return made


def test_calls_at_once(limits, account, tables):
    two = account(calls_at_once=2)
    assert limits.admit(two, "a", "") is None
    assert limits.admit(two, "b", "") is None
    refusal = limits.admit(two, "c", "")
    assert (refusal.code, "2 calls at once" in refusal.warning) == (503, True)
    limits.release("a")
    assert limits.admit(two, "c", "") is None
    assert tables.get("active", str(two.id)) == 2


def test_calls_on_other_nodes_count_too(limits, account, config, lookup):
    three = account(calls_at_once=3)
    assert lookup.elsewhere(three.id) == 0
    store.set_elsewhere(store.open_writer(config.store), {three.id: 2})
    lookup.refresh()
    assert lookup.elsewhere(three.id) == 2
    assert limits.admit(three, "a", "", lookup.elsewhere(three.id)) is None
    assert "3 calls at once" in limits.admit(three, "b", "", lookup.elsewhere(three.id)).warning
    assert limits.admit(three, "b", "", 1) is None


def test_a_call_is_released_once(limits, account, tables):
    one = account()
    limits.admit(one, "a", "")
    limits.release("a")
    limits.release("a")
    limits.release("never started")
    assert tables.get("active", str(one.id)) == 0


def test_a_call_whose_end_nobody_saw(limits, account, tables):
    one = account()
    limits.admit(one, "a", "1700000000 outbound 1 2")
    limits.expired(tables.take("calls", "a"))
    assert tables.get("active", str(one.id)) == 0


def test_calls_per_second(limits, account, monkeypatch):
    monkeypatch.setattr("trunkline.edge.limits.time.time", lambda: 1000.5)
    three = account(calls_per_second=3)
    results = [limits.admit(three, str(n), "") for n in range(4)]
    assert results[:3] == [None] * 3
    assert "3 calls per second" in results[3].warning
    monkeypatch.setattr("trunkline.edge.limits.time.time", lambda: 1001.0)
    assert limits.admit(three, "next", "") is None


def test_no_limits(limits, account):
    free = account()
    assert all(limits.admit(free, str(n), "") is None for n in range(1000))


def test_a_call_of_this_process_is_over_once_it_is_released(limits, tables):
    later = int(time.time()) + 5
    tables.put("calls", "0011223344556677", "7 summary")
    assert not limits.is_over("0011223344556677", later)
    limits.release("0011223344556677")
    assert limits.is_over("0011223344556677", later)
    assert not limits.is_over("8899aabbccddeeff", 1)  # of before this process, which did not count it


def test_workers_wait_for_slow_names_a_few_times(limits, tables):
    senders = [str(sender) for sender in range(MOST_SLOW_DNS)]
    for sender in senders:
        assert limits.may_ask_dns(sender)
        limits.asked_dns(sender, SLOW_DNS / 2)
        assert limits.may_ask_dns(sender)
        limits.asked_dns(sender, SLOW_DNS)
    assert not any(map(limits.may_ask_dns, senders))


def test_one_sender_s_slow_names_do_not_use_up_everybody_s(limits, tables):
    for _ in range(SLOW_DNS_OF_ONE):
        assert limits.may_ask_dns("slow")
        limits.asked_dns("slow", SLOW_DNS)
    assert not limits.may_ask_dns("slow")
    assert limits.may_ask_dns("other")


def test_a_host_of_ipv6_is_one_sender_whatever_address_it_takes(limits, tables, config):
    for place in range(config.requests_per_10s + 1):
        limits.seen(f"2001:db8:0:1::{place:x}")
    assert limits.banned("2001:db8:0:1:ffff::1")
    assert not limits.banned("2001:db8:0:2::1")
