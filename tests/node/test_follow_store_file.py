"""The file that the follower writes: one to go on with, one of another version, one that is lost."""

from contextlib import closing

import pytest
from following import contents, settle

from trunkline.contract import store
from trunkline.node.follow import Follower, StoreLost


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
