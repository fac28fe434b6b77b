"""How far PBXs are: who is asked, how often, and what is made of the answers."""

import json
import sqlite3

import pytest

from trunkline.contract import store
from trunkline.contract.distances import CALLS, FORWARD, REGISTERED, Portion, RoundTrip, Target
from trunkline.contract.feed import Unavailable
from trunkline.node.ask import answers
from trunkline.node.measure import AT_MOST, EVERY, MOST, Measurer, smoothed
from trunkline.node.whereabouts import Place, named, registered


class Control:
    """A control plane that remembers what is handed in, for one node."""

    def __init__(self, accounts):
        self.accounts, self.rows, self.notes = accounts, [], 0

    def portion(self, node, after, limit):
        these = [one for one in self.accounts if one > after][:limit]
        noted = {(account, known, trip.address) for account, known, trip in self.rows if account in these}
        return Portion(these[-1] if len(these) == limit else 0, these, [], {}, noted)

    def known(self, node, addresses):
        return {trip.address: trip for _, _, trip in self.rows if trip.address in set(addresses)}

    def note(self, node, accounts, trips):
        self.notes += 1
        self.rows = [row for row in self.rows if row[0] not in accounts] + list(trips)


class World:
    def __init__(self, *places, accounts=(1, 2)):
        self.places, self.now, self.asked, self.answer = list(places), 1000.0, [], 0.02
        self.control = Control(list(accounts))
        self.measurer = Measurer(self.control, "n1", self._places, self._ask, lambda: self.now)

    def _places(self, portion):
        return [place for place in self.places if place.account in portion.accounts]

    def _ask(self, place):
        self.asked.append(place.address)
        return self.answer

    def found(self):
        return {(account, trip.address): trip.milliseconds for account, _, trip in self.control.rows}


def place(account, address, known=FORWARD):
    return Place(account, known, address, f"sip:{address}", f"sip:{address}:5060")


def test_an_address_is_asked_at_once_when_it_appears_and_then_once_an_hour():
    world = World(place(1, "203.0.113.1"))
    for _ in range(3):
        world.measurer.step()
    assert world.asked == ["203.0.113.1"]
    assert world.control.notes == 1, "nothing is written where nothing changed"
    world.places.append(place(2, "203.0.113.2"))
    world.measurer.step()
    assert world.asked == ["203.0.113.1", "203.0.113.2"]
    world.now += EVERY
    world.measurer.step()
    assert world.asked[2:] == ["203.0.113.1", "203.0.113.2"]


def test_accounts_and_ports_that_share_an_address_share_its_question():
    world = World(*(place(account, "203.0.113.1") for account in (1, 2)), place(2, "203.0.113.1", CALLS))
    world.measurer.step()
    assert world.asked == ["203.0.113.1"]
    assert world.found() == {(1, "203.0.113.1"): 20.0, (2, "203.0.113.1"): 20.0}


def test_another_run_of_the_node_asks_nobody_again():
    world = World(place(1, "203.0.113.1"))
    world.answer = None
    world.measurer.step()
    again = Measurer(world.control, "n1", world._places, world._ask, lambda: world.now)
    again.step()
    assert world.asked == ["203.0.113.1"]
    assert world.found() == {(1, "203.0.113.1"): None}, "silence is no distance"


def test_a_database_that_takes_nothing_has_nobody_asked_twice(monkeypatch):
    world = World(place(1, "203.0.113.1"))

    def refuse(*_):
        raise Unavailable("it takes no more changes")

    with monkeypatch.context() as patch:
        patch.setattr(world.control, "note", refuse)
        for _ in range(3):
            with pytest.raises(Unavailable):
                world.measurer.step()
    world.measurer.step()
    assert world.asked == ["203.0.113.1"]
    assert world.found() == {(1, "203.0.113.1"): 20.0}
    world.now += EVERY
    with monkeypatch.context() as patch:
        patch.setattr(world.control, "note", refuse)
        with pytest.raises(Unavailable):
            world.measurer.step()
    world.measurer.step()
    assert world.asked == ["203.0.113.1"] * 2
    assert world.control.rows[0][2].asked == world.now


def test_few_addresses_of_an_account_are_asked_the_best_known_first():
    calls = [place(1, f"203.0.113.{n}", CALLS) for n in range(MOST + 5)]
    world = World(*calls, place(1, "198.51.100.1", REGISTERED))
    world.measurer.step()
    assert len(world.asked) == MOST
    assert "198.51.100.1" in world.asked


def test_many_addresses_take_several_steps():
    accounts = range(1, 21)
    world = World(*(place(n, f"203.0.{n}.{i}") for n in accounts for i in range(MOST)), accounts=accounts)
    steps = 1
    while world.measurer.step():
        assert len(world.asked) <= AT_MOST * steps
        steps += 1
    assert len(set(world.asked)) == len(world.asked) == 20 * MOST


def test_what_the_account_has_no_more_is_forgotten():
    world = World(place(1, "203.0.113.1"), place(1, "203.0.113.2"))
    world.measurer.step()
    world.places.pop()
    world.measurer.step()
    assert list(world.found()) == [(1, "203.0.113.1")]


def test_all_accounts_have_their_turn():
    accounts = range(1, 121)
    world = World(*(place(n, f"203.0.113.{n}") for n in accounts), accounts=accounts)
    for _ in range(6):
        world.measurer.step()
    assert len(world.asked) == 120


def test_round_trips_are_smoothed_and_silence_leaves_them():
    first = smoothed(None, "a", 10.0, 0.1)
    assert first == RoundTrip("a", 10.0, 10.0, 100.0)
    assert smoothed(first, "a", 20.0, 0.2) == RoundTrip("a", 20.0, 20.0, 125.0)
    assert smoothed(first, "a", 20.0, None) == RoundTrip("a", 20.0, 10.0, 100.0)
    assert smoothed(None, "a", 20.0, None) == RoundTrip("a", 20.0, None, None)


@pytest.mark.parametrize(
    ("status", "header", "is_the_pbxs"),
    [
        ("200 OK", "", True),
        ("404 Not Found", "", True),
        ("403 Forbidden", "", True),
        ("603 Decline", "", True),
        ("480 Temporarily Unavailable", "Warning: 399 edge \"nobody is registered\"", False),
        ("408 Request Timeout", "", False),
        ("477 Unfortunately error on sending to next hop occurred", "", False),
        ("500 I'm terribly sorry", "", False),
    ],
)  # fmt: skip
def test_only_what_a_pbx_said_is_a_round_trip(status, header, is_the_pbxs):
    assert answers(f"SIP/2.0 {status}\r\nCSeq: 1 OPTIONS\r\n{header}\r\n\r\n".encode()) is is_the_pbxs
    assert not answers(b"\x00\xffgarbage")


def test_names_are_what_the_edge_takes_them_for(tmp_path):
    edge = store.open_writer(tmp_path / "edge.db")
    targets = json.dumps([["203.0.113.9", 5070, 20, 1], ["203.0.113.8", 5060, 10, 1], ["203.0.113.7", 1, 30, 1]])
    edge.execute("INSERT INTO resolution VALUES ('pbx.example', 0, 'udp', ?, '', 0)", (targets,))
    wanted = [
        Target(1, FORWARD, "PBX.example", 0, "udp", "sip:a@pbx.example"),
        Target(1, FORWARD, "unknown.example", 0, "udp", "sip:a@unknown.example"),
        Target(2, CALLS, "2001:db8::1", 0, "tls", "sip:[2001:db8::1]"),
    ]
    assert list(named(wanted, edge)) == [
        Place(1, FORWARD, "203.0.113.8", "sip:a@pbx.example", "sip:203.0.113.8:5060;transport=udp"),
        Place(1, FORWARD, "203.0.113.9", "sip:a@pbx.example", "sip:203.0.113.9:5070;transport=udp"),
        Place(2, CALLS, "2001:db8::1", "sip:[2001:db8::1]", "sip:[2001:db8::1]:5061;transport=tls"),
    ]
    edge.close()


def test_who_registered_is_where_its_register_came_from(tmp_path):
    with sqlite3.connect(tmp_path / "location.db") as location:
        location.execute("CREATE TABLE location (username TEXT, contact TEXT, received TEXT)")
        location.executemany(
            "INSERT INTO location VALUES (?, ?, ?)",
            [
                ("key1", "sip:pbx@10.0.0.1:5060", "sip:203.0.113.5:40000;transport=tcp"),
                ("key2", "sip:pbx@203.0.113.6:5060", None),
                ("key3", "sip:pbx@203.0.113.7", None),
                ("key2", "not a URI", None),
            ],
        )
    location.close()
    assert list(registered({"key1": 1, "key2": 2}, tmp_path / "location.db", "sip.example")) == [
        Place(1, REGISTERED, "203.0.113.5", "sip:key1@sip.example", ""),
        Place(2, REGISTERED, "203.0.113.6", "sip:key2@sip.example", ""),
    ]
