"""What a worker remembers is what it would read, whatever was changed; and it forgets no more than it must."""

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.world import World
from trunkline.contract import store, touched
from trunkline.edge.lookup import Lookup
from trunkline.edge.memory import BY_KEY, RESTS_ON

DOMAIN = "sip.example"
NUMBERS = ("447700900001", "447700900002", "337700900003")
HOSTS = ("192.0.2.1", "192.0.2.2", "pbx.example", "carrier.example")
NAMES = [(host, port, "udp") for host in HOSTS[2:] for port in (0, 5060)]
NETWORKS = ("192.0.2.0/24", "192.0.2.1/32")
QUESTIONS = [
    *(("draining",), ("neighbours",), ("nodes",)),
    *(("elsewhere", n) for n in (1, 2)),
    *(("credential", f"key{n}") for n in (1, 2)),
    *(("account", n) for n in (1, 2)),
    *(("carrier", n) for n in (1, 2)),
    *(("number", number) for number in NUMBERS),
    *(("routes", number) for number in (*NUMBERS, "1")),
    *(("source", host, 5060, kind) for host in HOSTS[:2] for kind in ("account", "carrier")),
    *(("leads_to_carrier", host, 5060) for host in (*HOSTS[:2], "192.0.2.3")),
    *(("resolution", *name) for name in NAMES),
]

ids = st.integers(1, 2)
networks = st.lists(st.sampled_from(NETWORKS), max_size=2, unique=True)
forwards = st.sampled_from(["", "sip:1@192.0.2.2", "sip:1@pbx.example,sip:2@192.0.2.1"])
targets = st.lists(st.sampled_from(["192.0.2.1", "192.0.2.3"]), max_size=2, unique=True)


def answers(lookup):
    return {question: getattr(lookup, question[0])(*question[1:]) for question in QUESTIONS}


class Changing:
    """Each method is a change of the store, as a node makes them."""

    def __init__(self, connection):
        self._db, self._world = connection, World(connection, DOMAIN)

    def account(self, n, name, sources):
        self._world.account(sources, account_id=n, name=name)

    def key(self, n, account, name, slots):
        rows = [
            {"key_id": n, "key": name, "slot": slot, "account_id": account, "ha1_md5": str(slot), "ha1_sha256": ""}
            for slot in slots
        ]
        self._world.put("key", n, {"credential": rows})

    def number(self, n, account, e164, forward):
        self._world.number(forward, account, e164, number_id=n)

    def carrier(self, n, host, port, enabled, sources):
        self._world.carrier(host, port, sources, carrier_id=n, enabled=enabled)

    def route(self, n, prefix, carrier):
        row = {"id": n, "prefix": prefix, "priority": 0, "weight": 1, "carrier_id": carrier}
        self._world.put("route", n, {"route": [row]})

    def gone(self, kind, n):
        self._world.delete(kind, n)

    def resolved(self, name, ips, problem):
        host, port, transport = name
        self._world.resolution(host, [[ip, 5060, 0, 0] for ip in ips], port=port, transport=transport, problem=problem)

    def swept(self, name):
        with closing(self._db.cursor()) as cursor:
            cursor.execute("DELETE FROM resolution WHERE host = ? AND port = ? AND transport = ?", name)

    def heartbeat(self, addresses, counts, draining):
        store.set_neighbours(self._db, addresses)
        store.set_nodes(self._db, addresses)
        store.set_elsewhere(self._db, counts)
        store.set_draining(self._db, draining)

    def replaced(self, n, e164):
        """As a row of a rebuild that is there already."""
        store.insert(self._db, {"number": [{"id": n, "e164": e164, "account_id": 1, "forward": "[]"}]})

    def updated(self, n, e164):
        """No part of a node does that, yet."""
        self._db.execute("UPDATE OR REPLACE number SET e164 = ? WHERE id = ?", (e164, n))

    def rebuilt(self, forward):
        self._db.execute("BEGIN IMMEDIATE")
        store.clear(self._db)
        self._db.execute("COMMIT")
        self._world.number(forward, 1, NUMBERS[0], number_id=1)

    def made_anew(self):
        store._create(self._db)

    def rolled_back(self, n, e164):
        self._db.execute("BEGIN IMMEDIATE")
        store.delete(self._db, "number", n)
        self._db.execute("ROLLBACK")

    def many(self, n, e164):
        self._db.execute("BEGIN IMMEDIATE")
        for _ in range(touched.KEPT):
            row = {"id": n, "e164": e164, "account_id": 1, "forward": "[]"}
            store.put(self._db, "number", n, {"number": [row]})
        self._db.execute("COMMIT")


def change(name, *values):
    return st.tuples(st.just(name), *values)


numbers = st.sampled_from(NUMBERS)
changes = st.one_of(
    change("account", ids, st.sampled_from(["a", "b"]), networks),
    change("key", ids, ids, st.sampled_from(["key1", "key2"]), st.sampled_from([(1,), (1, 2)])),
    change("number", ids, ids, numbers, forwards),
    change("carrier", ids, st.sampled_from(HOSTS), st.sampled_from([0, 5060]), st.integers(0, 1), networks),
    change("route", ids, st.sampled_from(["", "44", "447700"]), ids),
    change("gone", st.sampled_from(sorted(store.ENTITIES)), ids),
    change("resolved", st.sampled_from(NAMES), targets, st.sampled_from(["", "no"])),
    change("swept", st.sampled_from(NAMES)),
    change("heartbeat", targets, st.dictionaries(ids, st.integers(1, 2)), st.booleans()),
    change("replaced", ids, numbers),
    change("updated", ids, numbers),
    change("rebuilt", forwards),
    change("made_anew"),
    change("rolled_back", ids, numbers),
    change("many", ids, numbers),
)


RENAMED = [[("number", 1, 1, NUMBERS[0], ""), ("account", 1, "a", ())], [("replaced", 1, NUMBERS[1])]]
CARRIERS_NAME = [
    [("carrier", 1, "pbx.example", 0, 1, ()), ("resolved", NAMES[0], ["192.0.2.1"], "")],
    [("resolved", NAMES[0], ["192.0.2.3"], "")],
]
AS_LONG_A_LOG = [
    [("account", 1, "a", ()), ("number", 1, 1, NUMBERS[0], "")],
    [("made_anew",), ("account", 1, "b", ()), ("number", 1, 1, NUMBERS[1], "")],
]


@example(RENAMED)
@example(CARRIERS_NAME)
@example(AS_LONG_A_LOG)
@example([*AS_LONG_A_LOG[:1], [("made_anew",)]])
@given(st.lists(st.lists(changes, min_size=1, max_size=3), max_size=12))
def test_after_any_changes_each_remembered_answer_is_what_is_read_afresh(tmp_path_factory, batches):
    path = str(tmp_path_factory.mktemp("forgetting") / "edge.db")
    with closing(store.open_writer(path)) as connection:
        changing, worker = Changing(connection), Lookup(path)
        answers(worker)
        for batch in batches:
            for name, *values in batch:
                getattr(changing, name)(*values)
                answers(worker)  # of the moment before, or of this one
            worker.refresh()
            assert answers(worker) == answers(Lookup(path))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_every_table_that_an_answer_is_read_from_is_one_that_it_rests_on(world, config, question):
    """As SQLite tells what a statement reads."""
    world.number("sip:1@192.0.2.1", world.key(world.account()).account_id, NUMBERS[0])
    world.route(world.carrier("carrier.example", 0, ()), prefix="44")
    world.resolution("carrier.example", [["192.0.2.1", 5060, 0, 0]])
    read, lookup = set(), Lookup(config.store)

    def note(action, table, _column, _database, _trigger):
        if action == sqlite3.SQLITE_READ:
            read.add(table)
        return sqlite3.SQLITE_OK

    lookup._db.set_authorizer(note)
    getattr(lookup, question[0])(*question[1:])
    lookup._db.set_authorizer(None)
    assert read
    # `leads_to_carrier` is made of two other answers, and remembered as these.
    asked = {"leads_to_carrier": ("carrier_addresses", "source")}.get(question[0], question[:1])
    assert read - {"json_each"} <= {table for table, rests in RESTS_ON.items() if set(rests) & set(asked)}


def test_every_table_that_the_edge_reads_is_watched():
    assert set(RESTS_ON) == set(touched.KEYS)
    assert all(touched.KEYS[table] != "''" for table in BY_KEY.values())


def test_a_number_that_changes_is_all_that_is_forgotten(world, lookup):
    account = world.account()
    mine, other = world.number("sip:1@192.0.2.1", account), world.number("sip:2@192.0.2.2", account)
    world.resolution("pbx.example", [["192.0.2.9", 5060, 0, 0]])
    lookup.refresh()
    questions = [("number", mine), ("number", other), ("account", account), ("resolution", "pbx.example", 0, "udp")]
    before = [getattr(lookup, name)(*question) for name, *question in questions]
    world.number("sip:1@192.0.2.3", account, mine, number_id=1_000_000)
    lookup.refresh()
    after = [getattr(lookup, name)(*question) for name, *question in questions]
    assert json.dumps(after[0].forward) != json.dumps(before[0].forward)
    assert [new is old for new, old in zip(after, before, strict=True)] == [False, True, True, True]


def test_the_lines_of_what_changed_do_not_pile_up(world, config):
    for _ in range(3 * touched.KEPT):
        world.number("sip:1@192.0.2.1", 1, NUMBERS[0], number_id=1)
    with closing(store.open_reader(config.store)) as reader:
        assert touched.KEPT <= reader.execute("SELECT count(*) FROM touched").fetchone()[0] <= 2 * touched.KEPT
