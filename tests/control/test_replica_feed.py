"""Which of a database and its replica is followed."""

import threading

import pytest

from trunkline.contract.feed import Database, Unavailable


class Source:
    def __init__(self, name, sequence=10, identity="a"):
        self.name, self.sequence, self.identity = name, sequence, identity
        self.away, self.questions, self.thawed = False, 0, threading.Event()
        self.thawed.set()

    def place(self):
        return self.name

    def standing(self):
        self.questions += 1
        self.thawed.wait()
        if self.away:
            raise Unavailable(f"{self.name} is away")
        return Database(self.identity, self.name), self.sequence

    def changes(self, after, limit):
        return self.name


class Pair:
    def __init__(self, module):
        self.module = module
        self.primary, self.copy = Source("the primary"), Source("the copy")
        self.now, self.have = 100.0, 10
        self.feed = module.ReplicaFeed(lambda: self.have, self.primary, self.copy, lambda: self.now)

    def look(self, later=0.5):
        """What is followed at the next look, and why not the replica."""
        self.now += later
        trouble = self.feed.database().trouble
        return self.feed.changes(0, 1), trouble


@pytest.fixture
def pair(sqlite):
    from trunkline.control.feed import replica

    found = Pair(replica)
    yield found
    for source in (found.primary, found.copy):
        source.thawed.set()


def test_the_replica_is_followed_when_it_has_what_the_primary_has(pair):
    assert pair.look() == ("the copy", "")
    pair.primary.sequence = pair.copy.sequence = 11
    assert pair.look() == ("the copy", "")
    assert pair.feed.head() == 11


def test_one_that_lacks_something_for_too_long_is_left_until_it_has_it(pair):
    pair.primary.sequence = 12
    assert pair.look() == ("the copy", "")
    assert pair.look(pair.module.LAG_S) == ("the primary", "the replica, the copy, is 2 changes behind")
    assert pair.feed.head() == 12
    pair.have = 12
    pair.copy.sequence = 12
    assert pair.look() == ("the copy", "")


def test_one_that_is_a_moment_behind_all_the_time_is_followed(pair):
    for _ in range(5):
        pair.primary.sequence += 5
        assert pair.look() == ("the copy", "")
        pair.copy.sequence = pair.have = pair.primary.sequence


def test_one_that_lacks_what_the_node_has_is_never_followed(pair):
    pair.have = 12
    pair.primary.sequence, pair.copy.sequence = 12, 11
    assert pair.look()[0] == "the primary"
    pair.primary.away = True
    with pytest.raises(Unavailable, match="the primary is away; and the replica, the copy lacks changes"):
        pair.look()
    pair.copy.sequence = 12
    assert pair.look()[0] == "the copy"


def test_one_that_is_away_is_not_asked_all_the_time(pair):
    pair.copy.away = True
    assert pair.look() == ("the primary", "the copy is away")
    pair.copy.away = False
    assert pair.look()[0] == "the primary"
    assert pair.copy.questions == 1
    assert pair.look(pair.module.AGAIN_S) == ("the copy", "")


def test_without_the_primary_the_replica_goes_on_alone(pair):
    pair.primary.away = True
    assert pair.look() == ("the copy", "")
    pair.copy.away = True
    with pytest.raises(Unavailable, match="the primary is away"):
        pair.look()


def test_one_that_is_frozen_holds_up_nobody(pair, monkeypatch):
    monkeypatch.setattr(pair.module, "ANSWER_S", 0.05)
    pair.copy.thawed.clear()
    for _ in range(3):
        assert pair.look() == ("the primary", "the copy does not answer")
    assert pair.copy.questions == 1
    pair.primary.thawed.clear()
    with pytest.raises(Unavailable, match="the primary does not answer"):
        pair.look()
    pair.copy.thawed.set()
    pair.primary.thawed.set()


def test_another_database_and_one_that_was_promoted_are_no_replicas(pair):
    pair.copy.identity = "b"
    followed, trouble = pair.look()
    assert followed == "the primary"
    assert "the copy is no replica of the primary: see database.replica_url" in trouble
    pair.copy.identity, pair.copy.sequence = "a", 13
    followed, trouble = pair.look()
    assert followed == "the primary"
    assert "is it a replica still?" in trouble
