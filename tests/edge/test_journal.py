"""The journal's lines on the disk: whole, in order, and kept when there is no room."""

import errno
import os

import pytest

from trunkline.contract.journal import decode
from trunkline.edge.journal import LOOK_SECONDS, Journal
from trunkline.node.ship import QUIET_SECONDS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "edge.jsonl"


@pytest.fixture
def journal(path):
    return Journal(str(path), "node1")


def lines(path):
    return [decode(line) for line in path.read_bytes().splitlines() if line]


class Disk:
    """os.write with room for so many bytes."""

    def __init__(self, monkeypatch, room):
        self.room, self._write = room, os.write
        monkeypatch.setattr("trunkline.edge.journal.os.write", self.write)

    def write(self, file, data):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = self._write(file, bytes(data[: self.room]))
        self.room -= taken
        return taken


def test_one_write_for_all_that_is_noted(path, journal):
    journal.note("setup", "a", code=None, caller="é")
    journal.note("attempt", "a", n=1)
    assert not path.exists()
    assert journal.flush()
    first, second = lines(path)
    assert (first["event"], first["node"], first["caller"], "code" in first) == ("setup", "node1", "é", False)
    assert second["n"] == 1


def test_nothing_is_written_where_nothing_is_noted(path, journal):
    """It is asked to at every request."""
    assert journal.flush()
    assert not path.exists()
    journal.note("setup", "a")
    journal.flush()
    size = path.stat().st_size
    assert journal.flush()
    assert path.stat().st_size == size


def test_it_follows_a_rotation_within_a_second(path, journal, tmp_path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("trunkline.edge.journal.time.monotonic", lambda: now)
    journal.note("setup", "a")
    journal.flush()
    opened = len(os.listdir("/proc/self/fd"))
    path.rename(tmp_path / "old.jsonl")
    journal.note("answer", "a")
    journal.flush()
    now += LOOK_SECONDS
    journal.note("end", "a")
    journal.flush()
    assert [line["event"] for line in lines(path)] == ["end"]
    assert [line["event"] for line in lines(tmp_path / "old.jsonl")] == ["setup", "answer"]
    assert len(os.listdir("/proc/self/fd")) == opened
    assert LOOK_SECONDS < QUIET_SECONDS / 2  # or the node would take the file for finished


@pytest.mark.parametrize("room", range(0, 140, 7))
def test_of_a_call_that_is_refused_no_beginning_is_left_unsaid(path, journal, monkeypatch, room):
    disk = Disk(monkeypatch, room)
    journal.note("setup", "a")
    journal.note("attempt", "a", n=1)
    taken = journal.flush()
    torn = not taken and journal.drop()
    disk.room = 1000
    journal.note("end", "b")
    journal.flush()
    written = [line["event"] for line in lines(path) if line]
    assert written == (["setup", "attempt", "end"] if taken else ["setup", "end"] if torn else ["end"])


def test_a_full_disk_refuses_a_call_and_loses_nothing_of_the_others(path, journal, monkeypatch):
    journal.note("setup", "up")
    journal.flush()
    disk = Disk(monkeypatch, room=30)  # half a line
    journal.note("end", "up", by="caller")
    assert not journal.flush()
    assert not journal.flush()  # what the next call asks before it notes anything
    disk.room = 1000
    assert journal.flush()
    journal.note("setup", "accepted")
    assert journal.flush()
    whole = [line for line in lines(path) if line]
    assert [(line["event"], line["call"]) for line in whole] == [("setup", "up"), ("end", "up"), ("setup", "accepted")]


def test_of_what_waits_for_room_the_newest_is_kept_and_no_more_than_a_worker_has_memory_for(path, journal, monkeypatch):
    monkeypatch.setattr("trunkline.edge.journal.BACKLOG", 500)
    disk = Disk(monkeypatch, room=0)
    for n in range(100):
        journal.note("attempt", "a", n=n)
        assert not journal.flush()
    disk.room = 100_000
    assert journal.flush()
    kept = [line["n"] for line in lines(path) if line]
    assert kept == list(range(100 - len(kept), 100))
    assert 0 < path.stat().st_size <= 501


@pytest.mark.parametrize("room", range(0, 200, 7))
def test_wherever_the_disk_becomes_full_every_line_comes_once(path, journal, monkeypatch, room):
    disk = Disk(monkeypatch, room)
    for n in range(3):
        journal.note("attempt", "a", n=n)
        journal.flush()
    disk.room = 10_000
    assert journal.flush() or journal.flush()
    assert [line["n"] for line in lines(path) if line] == [0, 1, 2]


@pytest.mark.parametrize("room", range(1, 60, 7))
def test_half_a_line_of_one_worker_costs_no_line_of_another(path, journal, monkeypatch, room):
    other = Journal(str(path), "node1")
    disk = Disk(monkeypatch, room)
    journal.note("attempt", "a", n=0)
    assert not journal.flush()
    disk.room = 10_000
    other.note("attempt", "b", n=1)
    assert other.flush()
    assert journal.flush()
    assert [line["n"] for line in lines(path) if line] == [1, 0]
