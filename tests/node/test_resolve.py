"""The resolver's upkeep: names that appear and go, answers that grow old, name servers that are silent."""

import asyncio
import heapq
import json
import threading
import time
from types import SimpleNamespace

import pytest
from dns.name import from_text

from trunkline.contract import store, touched
from trunkline.dns.resolver import Unanswered
from trunkline.node import resolve
from trunkline.node.part import Reporter, read_status
from trunkline.node.resolve import Name, Resolver


class Dns:
    """A name server in memory: A records by name; the TTL is the same for all."""

    def __init__(self, ttl=300, **hosts):
        self.hosts, self.ttl, self.dead, self.asked = hosts, ttl, False, []
        self.silent = set()  # names that get no answer

    async def ask(self, name, kind):
        await asyncio.sleep(0)
        self.asked.append(name)
        if self.dead or name in self.silent:
            raise Unanswered(f"no name server answers for {name} {kind}: timeout")
        addresses = self.hosts.get(name, "").split() if kind == "A" else []
        return [SimpleNamespace(address=address) for address in addresses], self.ttl


@pytest.fixture
def path(tmp_path):
    store.open_writer(tmp_path / "edge.db").close()
    return tmp_path / "edge.db"


@pytest.fixture
def follower(path):
    """The other process that writes the store."""
    connection = store.open_writer(path)
    yield connection
    connection.close()


def number(follower, number_id, *hosts, port=5060):
    targets = [{"host": host, "port": port, "transport": "udp"} for host in hosts]
    row = {"id": number_id, "e164": str(10_000_000 + number_id), "account_id": 1, "forward": json.dumps(targets)}
    store.put(follower, "number", number_id, {"number": [row]})


def carrier(follower, carrier_id, host):
    row = dict.fromkeys(("name", "username", "password", "prefix"), "") | {"enabled": 1, "strip": 0, "port": 5060}
    row |= {"id": carrier_id, "host": host, "transport": "udp"}
    store.put(follower, "carrier", carrier_id, {"carrier": [row]})


def answers(follower):
    rows = follower.execute("SELECT host, targets FROM resolution").fetchall()
    return {row["host"]: [target[0] for target in json.loads(row["targets"])] for row in rows}


async def settle(resolver, condition, seconds=30.0):
    """Tick until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not settle"
        resolver.tick()
        await resolver.settle()


async def settle_all(resolver):
    """Wait for what is being asked for, without a look at it."""
    while resolver._busy:
        await resolver.settle()


def resolver_of(path, dns, **options):
    made = Resolver(dns, store.open_writer(path), **options)
    made.load()
    return made


async def test_names_of_carriers_and_numbers_are_resolved_as_they_appear(path, follower):
    dns = Dns(**{"pbx.example": "192.0.2.1", "carrier.example": "192.0.2.2"})
    resolver = resolver_of(path, dns)
    number(follower, 1, "pbx.example", "192.0.2.7", "2001:db8::1")
    carrier(follower, 1, "Carrier.Example")
    await settle(resolver, lambda: len(answers(follower)) == 2)
    assert answers(follower) == {"pbx.example": ["192.0.2.1"], "carrier.example": ["192.0.2.2"]}
    for n in range(2, 50):
        number(follower, n, "pbx.example")
    number(follower, 51, "late.example")
    await settle(resolver, lambda: "late.example" in answers(follower))
    assert answers(follower)["late.example"] == []
    assert dns.asked.count("pbx.example") == 1
    assert resolver.facts()["names"] == 3


async def test_the_services_own_name_is_not_asked_for(path, follower):
    dns = Dns()
    number(follower, 1, "sip.example", "pbx.example")
    resolver = resolver_of(path, dns, own=frozenset({"sip.example"}))
    await settle(resolver, lambda: answers(follower))
    assert dns.asked == ["pbx.example"]


async def test_a_name_that_does_not_exist_says_so_and_is_asked_again(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_FLOOR", 0.1)
    dns = Dns(ttl=0)
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: answers(follower))
    row = follower.execute("SELECT targets, problem FROM resolution").fetchone()
    assert (row["targets"], row["problem"]) == ("[]", "pbx.example has no A record in DNS")
    dns.hosts["pbx.example"] = "192.0.2.1"
    await settle(resolver, lambda: answers(follower)["pbx.example"])
    assert follower.execute("SELECT problem FROM resolution").fetchone()["problem"] == ""


@pytest.mark.parametrize(("ttl", "lifetime"), [(0, 5), (300, 300), (1_000_000, 3600)])
async def test_ttls_have_a_floor_and_a_cap(path, follower, ttl, lifetime):
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, Dns(ttl=ttl, **{"pbx.example": "192.0.2.1"}))
    await settle(resolver, lambda: answers(follower))
    expires = follower.execute("SELECT expires FROM resolution").fetchone()["expires"]
    assert expires - time.time() == pytest.approx(lifetime, abs=5.0 if ttl else 1.0)


async def test_the_same_answer_once_more_makes_no_worker_forget_it(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_FLOOR", 0.1)
    dns = Dns(ttl=0, **{"pbx.example": "192.0.2.1 192.0.2.2"})
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: answers(follower))
    before, expires = touched.last(follower), follower.execute("SELECT expires FROM resolution").fetchone()[0]
    dns.hosts["pbx.example"] = "192.0.2.2 192.0.2.1"  # name servers take turns
    await settle(resolver, lambda: follower.execute("SELECT expires FROM resolution").fetchone()[0] > expires)
    assert touched.last(follower) == before
    dns.hosts["pbx.example"] = "192.0.2.2"
    await settle(resolver, lambda: answers(follower)["pbx.example"] == ["192.0.2.2"])
    assert touched.since(follower, before)[1] == [("resolution", "pbx.example 5060 udp")]


async def test_a_dead_name_server_leaves_the_last_answer(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_FLOOR", 0.1)
    monkeypatch.setattr(resolve, "RETRY_FLOOR", 0.1)
    dns = Dns(ttl=0, **{"pbx.example": "192.0.2.1"})
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: answers(follower))
    dns.dead = True
    number(follower, 2, "other.example")
    await settle(resolver, lambda: resolver.facts()["unanswered"] == 2 and len(answers(follower)) == 2)
    assert answers(follower) == {"pbx.example": ["192.0.2.1"], "other.example": []}
    facts = resolver.facts()
    assert (facts["never"], facts["stalest"] > 0) == (1, True)
    assert "no name server answers" in facts["reason"]
    problem = follower.execute("SELECT problem FROM resolution WHERE host = 'other.example'").fetchone()["problem"]
    assert problem == "no name server answers for other.example A: timeout"
    dns.dead = False
    dns.hosts |= {"pbx.example": "192.0.2.8", "other.example": "192.0.2.9"}
    expected = {"pbx.example": ["192.0.2.8"], "other.example": ["192.0.2.9"]}
    await settle(resolver, lambda: answers(follower) == expected)
    assert resolver.facts()["unanswered"] == 0


async def test_a_name_server_that_is_silent_of_one_server_leaves_where_it_was(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_FLOOR", 0.1)

    class Servers(Dns):
        async def ask(self, name, kind):
            if kind != "SRV":
                return await super().ask(name, kind)
            names = [from_text(f"{label}.telco.example") for label in ("a", "b")]
            return [SimpleNamespace(priority=1, weight=1, port=5060, target=one) for one in names], 0

    server = Servers(ttl=0, **{"a.telco.example": "192.0.2.1", "b.telco.example": "192.0.2.2"})
    number(follower, 1, "telco.example", port=0)
    resolver = resolver_of(path, server)
    await settle(resolver, lambda: answers(follower))
    server.silent.add("a.telco.example")
    server.hosts["b.telco.example"] = "192.0.2.3"
    await settle(resolver, lambda: answers(follower) != {"telco.example": ["192.0.2.1", "192.0.2.2"]})
    assert answers(follower) == {"telco.example": ["192.0.2.1", "192.0.2.3"]}


async def test_a_restart_keeps_fresh_answers_and_renews_the_others(path, follower):
    dns = Dns(**{"pbx.example": "192.0.2.1", "carrier.example": "192.0.2.2"})
    number(follower, 1, "pbx.example")
    carrier(follower, 1, "carrier.example")
    await settle(resolver_of(path, dns), lambda: len(answers(follower)) == 2)
    follower.execute("UPDATE resolution SET expires = 1.0 WHERE host = 'carrier.example'")
    dns.asked.clear()
    restarted = resolver_of(path, dns)
    await settle(restarted, lambda: dns.asked)
    for _ in range(3):
        restarted.tick()
        await restarted.settle()
    assert dns.asked == ["carrier.example"]


async def test_names_are_renewed_though_the_clock_is_set_back(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_FLOOR", 0.1)
    dns = Dns(ttl=0, **{"pbx.example": "192.0.2.1"})
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: answers(follower))
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() - 86_400)
    dns.hosts["pbx.example"] = "192.0.2.8"
    await settle(resolver, lambda: answers(follower)["pbx.example"] == ["192.0.2.8"])


async def test_what_was_saved_by_a_clock_that_was_ahead_is_renewed_all_the_same(path, follower, monkeypatch):
    monkeypatch.setattr(resolve, "TTL_CAP", 0.5)
    dns = Dns(**{"pbx.example": "192.0.2.1"})
    number(follower, 1, "pbx.example")
    await settle(resolver_of(path, dns), lambda: answers(follower))
    follower.execute("UPDATE resolution SET expires = ?", (time.time() + 86_400,))
    dns.hosts["pbx.example"] = "192.0.2.8"
    await settle(resolver_of(path, dns), lambda: answers(follower)["pbx.example"] == ["192.0.2.8"])


async def test_many_silent_names_do_not_keep_an_answered_one_waiting_for_ever(path, follower):
    dns = Dns(**{"pbx.example": "192.0.2.1"})
    dns.silent = {f"silent{n}.example" for n in range(200)}
    number(follower, 1, *sorted(dns.silent), "pbx.example")
    resolver = resolver_of(path, dns)
    resolver.tick()
    assert len(resolver._busy) == resolve.AT_ONCE  # each takes sockets, and a name server's patience
    await settle(resolver, lambda: "pbx.example" in answers(follower))
    assert answers(follower)["pbx.example"] == ["192.0.2.1"]


async def test_names_that_nobody_uses_are_swept_up_and_may_come_back(path, follower):
    dns = Dns(**{"old.example": "192.0.2.1", "kept.example": "192.0.2.2"})
    number(follower, 1, "kept.example")
    number(follower, 2, "old.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: len(answers(follower)) == 2)
    store.delete(follower, "number", 2)
    assert await resolver.sweep(path) == 1
    assert list(answers(follower)) == ["kept.example"]
    assert await resolver.sweep(path) == 0
    number(follower, 3, "old.example")
    await settle(resolver, lambda: len(answers(follower)) == 2)
    assert dns.asked.count("old.example") == 2


async def test_that_there_is_none_is_believed_for_a_minute_at_most(path, follower):
    number(follower, 1, "nowhere.example")
    await settle(resolver_of(path, Dns(ttl=86_400)), lambda: answers(follower))
    expires = follower.execute("SELECT expires FROM resolution").fetchone()["expires"]
    assert expires - time.time() <= resolve.NEGATIVE_CAP


@pytest.mark.parametrize("asked", [False, True])
async def test_of_a_name_that_is_swept_up_no_answer_stays(path, follower, asked):
    """Neither one that waits for the store nor one that is still on its way: nobody would remove it any more."""
    dns, told = Dns(**{"old.example": "192.0.2.1"}), asyncio.Event()
    ask = dns.ask

    async def late(name, kind):
        await told.wait()
        return await ask(name, kind)

    dns.ask = late
    number(follower, 1, "old.example")
    resolver = resolver_of(path, dns)
    resolver.tick()
    if asked:
        told.set()
        await settle_all(resolver)
    store.delete(follower, "number", 1)
    assert await resolver.sweep(path) == 1
    told.set()
    await settle_all(resolver)
    resolver.tick()
    assert (dns.asked, answers(follower)) == (["old.example"], {})


async def test_a_turn_from_before_a_sweep_is_not_taken(path, follower):
    """Else a name that was swept up and came back would be asked for twice as often, for ever."""
    dns = Dns(**{"pbx.example": "192.0.2.1"})
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, dns)
    await settle(resolver, lambda: answers(follower))
    heapq.heappush(resolver._due, (1.0, Name("pbx.example", 5060, "udp")))
    await settle(resolver, lambda: resolver._due[0][0] > time.monotonic())
    assert dns.asked == ["pbx.example"]


async def test_a_name_that_comes_back_during_the_sweep_stays(path, follower, monkeypatch):
    number(follower, 1, "pbx.example")
    resolver = resolver_of(path, Dns(**{"pbx.example": "192.0.2.1"}))
    await settle(resolver, lambda: answers(follower))
    store.delete(follower, "number", 1)
    looked = resolve._used

    def look_and_meddle(where):
        used = looked(where)
        other = store.open_writer(where)
        number(other, 2, "pbx.example")
        other.close()
        return used

    monkeypatch.setattr(resolve, "_used", look_and_meddle)
    assert await resolver.sweep(path) == 0
    assert answers(follower) == {"pbx.example": ["192.0.2.1"]}


async def test_answers_wait_while_a_rebuild_holds_the_store(path, follower):
    number(follower, 1, "pbx.example")
    dns = Dns(**{"pbx.example": "192.0.2.1"})
    resolver = resolver_of(path, dns)
    follower.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        resolver.tick()
        await resolver.settle()
    assert dns.asked == ["pbx.example"]
    follower.execute("COMMIT")
    await settle(resolver, lambda: answers(follower))


async def test_a_new_name_is_in_force_within_two_seconds(path, follower, tmp_path):
    """The whole loop, with another process's write coming in while it runs."""
    stop, status = threading.Event(), tmp_path / "status.json"
    resolver = Resolver(Dns(**{"pbx.example": "192.0.2.1"}), store.open_writer(path))
    running = asyncio.create_task(resolve.run(resolver, Reporter(status), stop, path))
    while read_status(status) is None:
        await asyncio.sleep(0.01)
    began = time.monotonic()
    number(follower, 1, "pbx.example")
    while not answers(follower):
        await asyncio.sleep(0.01)
    assert time.monotonic() - began < 2
    stop.set()
    await running


@pytest.mark.parametrize("fault", [TypeError("ours"), OSError("ours, though others of its kind pass by themselves")])
async def test_a_fault_of_ours_ends_the_part(path, follower, monkeypatch, tmp_path, fault):
    """It is started anew: else the name whose question broke off would never be asked for again."""

    async def ask(name, kind):
        raise fault

    number(follower, 1, "pbx.example")
    dns = Dns()
    monkeypatch.setattr(dns, "ask", ask)
    resolver = Resolver(dns, store.open_writer(path))
    with pytest.raises(RuntimeError) as ended:
        await asyncio.wait_for(resolve.run(resolver, Reporter(tmp_path / "status.json"), threading.Event(), path), 30)
    assert ended.value.__cause__ is fault
