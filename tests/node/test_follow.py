"""The follower: whatever happens in between, the store ends equal to what the control plane holds."""

import pytest
from following import Control, contents, settle
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contract import store
from trunkline.contract.feed import Unavailable
from trunkline.node.follow import PORTION, Follower


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
