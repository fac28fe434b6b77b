"""A database that is not the one which filled the store: it is followed when the operator says so."""

import pytest
from following import Control, contents, settle

from trunkline.contract import store
from trunkline.contract.feed import Unavailable
from trunkline.node.follow import AnotherDatabase, Follower


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
