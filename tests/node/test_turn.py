"""Which of several nodes writes DNS, as one of them sees it."""

import pytest

from harness.polling import until
from trunkline.contract.feed import WATCHER_SILENT, Unavailable
from trunkline.node import turn


class Database:
    """What it says of those who watch; None: it is away."""

    def __init__(self, *watchers: str):
        self.watchers: tuple[str, ...] | None = watchers
        self.asked = 0

    def __call__(self) -> turn.Known:
        self.asked += 1
        if self.watchers is None:
            raise Unavailable("away")
        return turn.Known((), self.watchers, {"192.0.2.1"})


@pytest.fixture
def remembered(monkeypatch):
    """`remembered(*watchers)`: what n2 knows, once it has an answer; `.says(watchers)` waits for another one."""
    monkeypatch.setattr(turn, "REFRESH", 0.01)
    made = []

    class Tried(turn.Remembered):
        def __init__(self, database: Database):
            self.database = database
            super().__init__(database, "n2")
            self.says(database.watchers)
            made.append(self)

        def says(self, watchers):
            self.database.watchers = watchers
            asked = self.database.asked
            until(lambda: self.database.asked > asked + 1, 10, "it asks again")

    yield lambda *watchers: Tried(Database(*watchers))
    for one in made:
        one.close()


def later(monkeypatch, seconds):
    real = turn.time.monotonic
    monkeypatch.setattr(turn.time, "monotonic", lambda: real() + seconds)


@pytest.mark.parametrize(
    ("watchers", "writer"),
    [
        ((), ""),  # its own first heartbeat is on its way
        (("n2",), ""),
        (("n2", "n3"), ""),
        (("n1", "n2"), "n1"),
        (("n1", "n2", "n3"), "n1"),
        (("n1",), "n1"),
    ],
)
def test_the_first_that_is_heard_writes(remembered, watchers, writer):
    assert remembered(*watchers).writer() == writer


def test_the_next_one_takes_over_and_gives_back(remembered):
    its = remembered("n1", "n2")
    assert its.writer() == "n1"
    its.says(("n2",))
    assert its.writer() == ""
    its.says(("n1", "n2"))
    assert its.writer() == "n1"


def test_who_serves_is_known_while_the_database_answers(remembered, monkeypatch):
    its = remembered("n2")
    assert its.serving() == {"192.0.2.1"}
    its.says(None)
    later(monkeypatch, turn.FRESH + 1)
    assert its.serving() == ()


def test_a_fault_of_ours_ends_the_part_that_relies_on_it(remembered, monkeypatch):
    its = remembered("n2")

    def fault():
        raise ValueError("no endpoint is like that")

    monkeypatch.setattr(its, "_ask", fault)
    with pytest.raises(ValueError, match="no endpoint is like that"):
        until(lambda: its.endpoints() != (), 10)


def test_without_the_database_one_of_several_gives_up(remembered, monkeypatch):
    its = remembered("n2", "n3")
    its.says(None)
    assert its.writer() == "", "the others cannot have missed it yet"
    later(monkeypatch, WATCHER_SILENT + 1)
    with pytest.raises(Unavailable, match="whether n3 writes DNS by now"):
        its.writer()


def test_without_the_database_the_only_one_goes_on(remembered, monkeypatch):
    its = remembered("n2")
    its.says(None)
    later(monkeypatch, 3600)
    assert its.writer() == ""
