"""The follower: whatever happens in between, the store ends equal to what the control plane holds."""

import json
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contract import store
from trunkline.contract.feed import Change, Database, Snapshot, Unavailable
from trunkline.node.follow import PORTION, AnotherDatabase, Follower, StoreLost


class Control:
    """A `contract.feed.Feed` of numbers and carriers, in memory. `meddle` runs before each question."""

    def __init__(self):
        self.entities: dict[tuple[str, int], dict] = {}
        self.log: list[Change] = []
        self.sequence = 0
        self.meddle = lambda: None
        self.snapshots = 0
        self.identity = "first"

    def set(self, kind: str, entity_id: int, value: str | None):
        """Give an entity a value (a number's digits, a carrier's name), or remove it: one change."""
        if kind == "number" and value:  # the control plane, too, keeps a number once only
            for key, held in list(self.entities.items()):
                if key[0] == "number" and key[1] != entity_id and held == value:
                    self.set(*key, None)
        if value is None:
            self.entities.pop((kind, entity_id), None)
        else:
            self.entities[kind, entity_id] = value
        self.sequence += 1
        self.log.append(Change(self.sequence, kind, entity_id))

    def prune(self):
        self.log.clear()

    def database(self):
        self.meddle()
        return Database(self.identity, "the database control.db")

    def head(self):
        self.meddle()
        return self.sequence

    def changes(self, after, limit):
        self.meddle()
        return [change for change in self.log if change.sequence > after][:limit]

    def entity(self, kind, entity_id):
        self.meddle()
        value = self.entities.get((kind, entity_id))
        return _rows(kind, entity_id, value) if value else {}

    def snapshot(self):
        self.snapshots += 1
        entities = dict(self.entities)
        return Snapshot(self.sequence, (_rows(*key, value) for key, value in entities.items()), self.identity)


def _rows(kind, entity_id, value):
    if kind == "number":
        return {"number": [{"id": entity_id, "e164": value, "account_id": 1, "forward": "[]"}]}
    names = ("enabled", "port", "strip")
    row = {"id": entity_id, "name": value, "host": "192.0.2.1", "transport": "udp", "username": "", "password": ""}
    source = {"network": f"192.0.2.{entity_id}/32", "port": 0, "owner_kind": "carrier", "owner_id": entity_id}
    return {"carrier": [row | dict.fromkeys(names, 0) | {"prefix": ""}], "source": [source]}


def contents(connection):
    numbers = connection.execute("SELECT id, e164 FROM number").fetchall()
    carriers = connection.execute("SELECT id, name FROM carrier").fetchall()
    sources = connection.execute("SELECT owner_id FROM source").fetchall()
    assert {row["owner_id"] for row in sources} == {row["id"] for row in carriers}
    return {("number", row["id"]): row["e164"] for row in numbers} | {
        ("carrier", row["id"]): row["name"] for row in carriers
    }


def settle(follower):
    while follower.step():
        continue


@pytest.fixture
def control():
    return Control()


@pytest.fixture
def connection(tmp_path):
    connection = store.open_writer(tmp_path / "edge.db")
    yield connection
    connection.close()


def test_an_empty_store_is_filled_even_by_an_empty_control_plane(control, connection):
    settle(Follower(control, connection))
    assert store.sequence(connection) == 0
    assert control.snapshots == 1


def test_an_edge_can_go_on_with_a_store_that_was_filled(tmp_path):
    path = tmp_path / "edge.db"
    assert not store.serves(path)
    with closing(store.open_writer(path)) as connection:
        assert not store.serves(path)
        store.set_sequence(connection, 0)
        assert store.serves(path)
    assert store.serves(path)
    with closing(store.open_writer(path)) as connection:
        connection.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION - 1}")
    assert not store.serves(path)
    path.write_bytes(b"damaged" * 1000)
    assert not store.serves(path)


@pytest.mark.parametrize("drained", [True, False])
def test_a_node_that_is_drained_is_so_as_another_version_too(tmp_path, drained):
    with closing(store.open_writer(tmp_path / "edge.db")) as connection:
        store.set_draining(connection, drained)
        store.set_sequence(connection, 7)
        connection.execute("ALTER TABLE account DROP COLUMN srtp")
        connection.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION - 1}")
    with closing(store.open_writer(tmp_path / "edge.db")) as connection:
        assert (store.draining(connection), store.sequence(connection)) == (drained, -1)


def test_changes_are_applied_in_place_without_a_snapshot(control, connection):
    follower = Follower(control, connection)
    settle(follower)
    control.set("number", 1, "447700900000")
    control.set("carrier", 1, "first")
    control.set("number", 1, "447700900001")
    settle(follower)
    assert contents(connection) == {("number", 1): "447700900001", ("carrier", 1): "first"}
    control.set("carrier", 1, None)
    settle(follower)
    assert contents(connection) == {("number", 1): "447700900001"}
    assert (store.sequence(connection), control.snapshots) == (4, 1)
    followed = {"followed": "the database control.db", "trouble": ""}
    assert follower.facts() == {"sequence": 4, "head": 4, "rebuilding": 0} | followed


def test_more_changes_than_a_portion(control, connection):
    follower = Follower(control, connection)
    settle(follower)
    for n in range(PORTION + 10):
        control.set("number", n, str(10_000_000 + n))
    assert follower.step()
    assert store.sequence(connection) == PORTION
    settle(follower)
    assert contents(connection) == control.entities


@pytest.mark.parametrize("damage", ["pruned", "put back"])
def test_a_gap_or_a_restored_database_rebuilds(control, connection, damage):
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    control.set("number", 2, "447700900002")
    settle(follower)
    if damage == "pruned":
        control.set("number", 3, "447700900003")
        control.prune()
        control.set("number", 4, "447700900004")
    else:
        control.entities.pop(("number", 2))
        control.sequence, control.log = 1, control.log[:1]
    settle(follower)
    assert control.snapshots == 2
    assert contents(connection) == control.entities
    assert store.sequence(connection) == control.sequence


def test_an_outage_leaves_the_store_as_it_was(control, connection):
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    settle(follower)
    control.set("number", 1, "447700900001")
    control.set("number", 2, "447700900002")
    questions = iter(range(100))

    def fail_at_the_second_entity():
        if next(questions) == 4:
            raise Unavailable("gone")

    control.meddle = fail_at_the_second_entity
    with pytest.raises(Unavailable):
        settle(follower)
    assert contents(connection) == {("number", 1): "447700900000"}
    control.meddle = lambda: None
    settle(follower)
    assert contents(connection) == control.entities


def test_an_outage_within_a_rebuild_leaves_the_store_as_it_was(control, connection):
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    settle(follower)
    control.set("number", 2, "447700900002")
    control.prune()
    control.set("number", 3, "447700900003")

    def portions():
        yield _rows("number", 2, "447700900002")
        raise Unavailable("gone")

    whole, control.snapshot = control.snapshot, lambda: Snapshot(3, portions(), "first")
    with pytest.raises(Unavailable):
        follower.step()
    assert contents(connection) == {("number", 1): "447700900000"}
    assert follower.facts()["rebuilding"] == 0
    control.snapshot = whole
    settle(follower)
    assert contents(connection) == control.entities


def test_readers_see_a_rebuild_as_one_step(control, connection, tmp_path):
    """A worker of the edge in the middle of a rebuild still finds the old numbers."""
    control.set("number", 1, "447700900000")
    seen = []
    reader = store.open_reader(tmp_path / "edge.db")
    follower = Follower(control, connection, progress=lambda: seen.append(len(contents(reader))))
    settle(follower)
    control.set("number", 2, "447700900002")
    control.prune()
    control.set("number", 3, "447700900003")
    settle(follower)
    assert seen == [0, 1, 1, 1]
    assert len(contents(reader)) == 3
    reader.close()


def test_a_rebuild_knows_every_name_to_resolve(control, connection):
    control.snapshot = lambda: Snapshot(
        1, iter([{"number": [_forwarding("pbx.example", "192.0.2.7", "2001:db8::1")]}]), "first"
    )
    control.sequence = 1
    settle(Follower(control, connection))
    assert [row["host"] for row in connection.execute("SELECT host FROM name")] == ["pbx.example"]


def _forwarding(*hosts):
    targets = [{"host": host, "port": 0, "transport": "udp"} for host in hosts]
    return {"id": 1, "e164": "447700900000", "account_id": 1, "forward": json.dumps(targets)}


# Another database


@pytest.fixture
def swapped(control, connection):
    """The store was filled from `control`; then `other`, which has a number of its own, is in its place."""
    control.set("number", 1, "447700900000")
    settle(Follower(control, connection))
    other = Control()
    other.identity = "second"
    other.set("number", 5, "447700900005")
    return other


@pytest.mark.parametrize("changes", [0, 1, 7], ids=["behind ours", "level with ours", "ahead of ours"])
def test_another_database_changes_nothing_and_is_told(control, connection, changes):
    control.set("number", 1, "447700900000")
    settle(Follower(control, connection))
    other = Control()
    other.identity = "second"
    for n in range(changes):
        other.set("number", n, f"44770090000{n}")
    follower = Follower(other, connection)  # also one that was started anew
    for _ in range(2):
        with pytest.raises(AnotherDatabase) as caught:
            follower.step()
    assert str(caught.value).startswith(f"the database control.db (identity second, change {changes}) is not the")
    assert "(identity first, change 1)" in str(caught.value)
    assert "`trunkline node adopt`" in str(caught.value)
    assert (contents(connection), store.identity(connection)) == ({("number", 1): "447700900000"}, "first")
    assert other.snapshots == 0


def test_the_right_database_back_in_its_place_is_followed_on(control, connection, swapped):
    with pytest.raises(AnotherDatabase):
        Follower(swapped, connection).step()
    control.set("number", 2, "447700900002")
    settle(Follower(control, connection))
    assert contents(connection) == control.entities
    assert control.snapshots == 1


def test_another_database_is_taken_when_the_operator_says_so(connection, swapped):
    store.set_wish(connection, "second")
    follower = Follower(swapped, connection)
    settle(follower)
    assert contents(connection) == swapped.entities
    assert (store.identity(connection), store.wish(connection), swapped.snapshots) == ("second", "", 1)


def test_a_wish_is_for_one_database_only(connection, swapped):
    store.set_wish(connection, "third")
    with pytest.raises(AnotherDatabase):
        Follower(swapped, connection).step()


def test_the_database_that_is_followed_can_be_taken_anew(control, connection):
    """After a backup was put back that has been written to since, which its sequence cannot tell."""
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    settle(follower)
    control.entities["number", 1] = "447700900009"
    settle(follower)
    assert contents(connection) != control.entities
    store.set_wish(connection, "first")
    settle(follower)
    assert contents(connection) == control.entities
    assert control.snapshots == 2


def test_a_store_without_a_noted_identity_goes_on(control, connection):
    follower = Follower(control, connection)
    settle(follower)
    connection.execute("DELETE FROM meta WHERE name = 'identity'")
    control.set("number", 1, "447700900000")
    settle(follower)
    assert (store.identity(connection), control.snapshots) == ("first", 1)
    assert contents(connection) == control.entities


@pytest.mark.parametrize("how", ["by changes", "by a snapshot"])
def test_nothing_is_taken_of_a_database_that_comes_in_between(control, connection, how):
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    settle(follower)
    if how == "by a snapshot":
        control.set("number", 2, "447700900002")
        control.prune()
    control.set("number", 3, "447700900003")
    questions = iter(range(100))

    def swap_after_the_changes():
        if next(questions) == 3:
            control.identity = "second"

    control.meddle = swap_after_the_changes
    if how == "by a snapshot":
        whole = control.snapshot
        control.snapshot = lambda: whole()._replace(identity="second")
    with pytest.raises(Unavailable, match="took the place"):
        follower.step()
    assert contents(connection) == {("number", 1): "447700900000"}


CHANGES = st.tuples(
    st.sampled_from(["number", "carrier"]), st.integers(1, 4), st.none() | st.sampled_from(["1111111", "2222222"])
)
ACTS = st.one_of(
    CHANGES.map(lambda change: ("set", change)),
    st.just(("prune", None)),
    st.just(("fail", None)),
    st.just(("nothing", None)),
)


@given(before=st.lists(CHANGES, max_size=8), acts=st.lists(ACTS, max_size=30))
def test_any_interleaving_ends_equal_to_the_snapshot(tmp_path_factory, before, acts):
    """Changes, pruning and outages come between any two questions that the follower asks."""
    control = Control()
    for change in before:
        control.set(*change)
    script = iter(acts)

    def meddle():
        act, change = next(script, ("nothing", None))
        if act == "set":
            control.set(*change)
        elif act == "prune":
            control.prune()
        elif act == "fail":
            raise Unavailable("gone")

    control.meddle = meddle
    connection = store.open_writer(tmp_path_factory.mktemp("follow") / "edge.db")
    follower = Follower(control, connection)
    while True:
        try:
            if not follower.step() and next(script, None) is None:
                break
        except Unavailable:
            continue
    assert contents(connection) == control.entities
    assert store.sequence(connection) == control.sequence
    connection.close()


@pytest.mark.parametrize("replacement", [None, b"another file"])
def test_a_store_that_is_lost_under_the_node_is_said_and_not_written_to(control, connection, tmp_path, replacement):
    follower = Follower(control, connection)
    settle(follower)
    (tmp_path / "edge.db").rename(tmp_path / "lost.db")
    if replacement:
        (tmp_path / "edge.db").write_bytes(replacement)
    control.set("number", 1, "447700900000")
    with pytest.raises(StoreLost, match="trunkline down"):
        follower.step()
    assert contents(connection) == {}
