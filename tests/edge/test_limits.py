"""Which sources may go on, and which are banned."""

import pytest

from trunkline.edge import limits as edge_limits
from trunkline.edge.limits import (
    MOST_SLOW_DNS,
    MOST_STRANGERS,
    SLOW_DNS,
    SLOW_DNS_OF_ONE,
    STRANGERS_TOLD,
    Limits,
)


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


def test_a_ban_that_is_ended_leaves_nothing_behind_that_would_ban_again(limits, config):
    """The engine ends it after a while, as `pardon` does before."""
    for count in (limits.seen, limits.refused):
        while not count("192.0.2.1"):
            pass
        limits.pardon("192.0.2.1")
        assert not limits.banned("192.0.2.1")
        assert not count("192.0.2.1")
    assert not limits.banned("192.0.2.1")


def test_requests_and_wrong_secrets_are_counted_apart(limits, config):
    assert not any(limits.refused("192.0.2.1") for _ in range(config.refusals_per_minute))
    assert not any(limits.seen("192.0.2.1") for _ in range(config.requests_per_10s))
    assert limits.refused("192.0.2.1")


def test_invites_of_one_moment_are_one_of_a_stranger(limits, tables):
    """A PBX may place several calls before it proves itself by the first one's answer to its challenge."""
    assert [limits.stranger("192.0.2.1") for _ in range(5)] == [1] * 5
    tables.rows = {(table, key): value for (table, key), value in tables.rows.items() if table == "strangers"}
    assert [limits.stranger("192.0.2.1") for _ in range(5)] == [2] * 5


def test_nobody_gets_a_proven_source_banned(limits):
    limits.trust("192.0.2.1")
    for _ in range(100):
        assert not limits.seen("192.0.2.1")
        assert not limits.refused("192.0.2.1")
    assert limits.stranger("192.0.2.1") == 0
    assert not limits.banned("192.0.2.1")


def test_a_source_that_proves_itself_again_is_proven_for_another_hour(limits, tables, monkeypatch):
    """The engine counts the hour from when an entry was last written."""
    written = []
    put = tables.put
    monkeypatch.setattr(tables, "put", lambda table, *entry: (written.append(table), put(table, *entry)))
    limits.trust("192.0.2.1")
    limits.trust("192.0.2.1")
    assert written == ["trusted", "trusted"]


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


def test_forged_addresses_do_not_fill_the_memory_that_is_kept_for_an_hour(limits, tables, monkeypatch):
    now = 1_800_000_000.0
    monkeypatch.setattr(edge_limits.time, "time", lambda: now)
    counts = [limits.stranger(f"192.0.2.{place}") for place in range(2 * MOST_STRANGERS)]
    assert counts == [1] * MOST_STRANGERS + [0] * MOST_STRANGERS
    assert sum(table == "strangers" for table, _ in tables.rows) == MOST_STRANGERS
    tables.rows = {(table, key): value for (table, key), value in tables.rows.items() if table == "strangers"}
    assert [limits.stranger(f"192.0.2.{place}") for place in range(MOST_STRANGERS)] == [2] * MOST_STRANGERS
    now += 1
    assert limits.stranger("198.51.100.1") == 1


def test_of_strangers_few_are_told_of_and_each_once(limits):
    assert limits.tells_of("192.0.2.1")
    assert not limits.tells_of("192.0.2.1")
    told = [limits.tells_of(f"198.51.100.{place}") for place in range(2 * STRANGERS_TOLD)]
    assert told == [True] * (STRANGERS_TOLD - 1) + [False] * (STRANGERS_TOLD + 1)


def test_of_a_key_s_wrong_credentials_the_first_are_told(limits):
    assert [limits.first_denial(key) for key in ("0a1b2c3d", "0a1b2c3d", "4e5f6a7b")] == [True, False, True]
