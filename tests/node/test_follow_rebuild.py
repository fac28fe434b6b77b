"""A store that changes cannot mend is filled by a snapshot, in one step."""

import json

import pytest
from following import contents, rows, settle

from trunkline.contract import store
from trunkline.contract.feed import Snapshot, Unavailable
from trunkline.node.follow import Follower


def test_an_empty_store_is_filled_even_by_an_empty_control_plane(control, connection):
    settle(Follower(control, connection))
    assert store.sequence(connection) == 0
    assert control.snapshots == 1


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


def test_an_outage_within_a_rebuild_leaves_the_store_as_it_was(control, connection):
    follower = Follower(control, connection)
    control.set("number", 1, "447700900000")
    settle(follower)
    control.set("number", 2, "447700900002")
    control.prune()
    control.set("number", 3, "447700900003")

    def portions():
        yield rows("number", 2, "447700900002")
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
