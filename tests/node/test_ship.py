"""The shipper: every whole line of the journal reaches the database once, whatever dies on the way."""

import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from shipping import SqliteSink

from harness.polling import until
from trunkline.contract import journal
from trunkline.contract.feed import Unavailable
from trunkline.node.lines import BATCH_LINES, identity
from trunkline.node.part import Reporter, read_status, run
from trunkline.node.ship import UNSURE_SECONDS, Shipper

SHIPPING = Path(__file__).with_name("shipping.py")


def line(n: int) -> bytes:
    return journal.encode({"event": "reject", "time": 1.5 + n, "node": "node1", "call": f"{n:016x}"})


@pytest.fixture
def current(tmp_path):
    return tmp_path / "edge.jsonl"


@pytest.fixture
def sink(tmp_path):
    return SqliteSink(tmp_path / "sink.db")


@pytest.fixture
def shipper(sink, current):
    return Shipper(sink, "node1", current, rotate_bytes=10_000_000, quiet=0.05)


def append(path: Path, *lines: bytes) -> None:
    with open(path, "ab") as file:
        file.write(b"".join(lines))


def drain(shipper: Shipper) -> None:
    while shipper.step():
        continue


def test_lines_are_shipped_in_batches_and_once(shipper, sink, current):
    append(current, *(line(n) for n in range(BATCH_LINES + 1)))
    drain(shipper)
    assert (sink.count(), sink.count("counter")) == (BATCH_LINES + 1, 2)
    drain(shipper)
    append(current, line(BATCH_LINES + 1))
    drain(shipper)
    assert (sink.count(), sink.count("counter")) == (BATCH_LINES + 2, 3)
    assert shipper.facts() == {"waiting": 0, "shipped": BATCH_LINES + 2, "damaged": 0}


def test_no_journal_yet_is_no_error(sink, tmp_path):
    shipper = Shipper(sink, "node1", tmp_path / "none" / "edge.jsonl", rotate_bytes=1000)
    assert not shipper.step()
    assert shipper.facts()["waiting"] == 0


def test_half_a_line_waits_for_its_rest(shipper, sink, current):
    whole = line(1)
    append(current, whole[:20])
    drain(shipper)
    assert sink.count() == 0
    assert shipper.facts()["waiting"] == 20
    append(current, whole[20:])
    drain(shipper)
    assert sink.count() == 1


def test_damaged_lines_are_kept_aside_and_cost_the_others_nothing(shipper, sink, current):
    # What a full disk leaves: half a line, and the next one after a newline of its own.
    append(current, line(1), line(2)[:30], b"\n", line(3), b"\n", b'{"event":"what"}\n', b"\xff\xfe\n", line(4))
    drain(shipper)
    assert sink.count() == 3
    assert shipper.facts()["damaged"] == 3
    kept = current.with_name("damaged.jsonl").read_bytes().splitlines()
    assert kept == [line(2)[:30], b'{"event":"what"}', b"\xff\xfe"]


def test_a_dead_database_loses_nothing_and_the_waiting_bytes_are_told(shipper, sink, current):
    append(current, line(1))
    drain(shipper)
    sink.down = True
    append(current, line(2), line(3))
    with pytest.raises(Unavailable):
        shipper.step()
    assert shipper.facts()["waiting"] == len(line(2) + line(3))
    sink.down = False
    drain(shipper)
    assert sink.count() == 3


def test_an_answer_lost_after_the_commit_ships_nothing_twice(shipper, sink, current):
    stored = sink.store

    def store_and_break(*arguments):
        stored(*arguments)
        raise Unavailable("the connection broke after the commit")

    append(current, line(1))
    sink.store = store_and_break
    with pytest.raises(Unavailable):
        shipper.step()
    sink.store = stored
    append(current, line(2))
    drain(shipper)
    assert sink.count() == 2


def test_lines_that_a_restored_database_lacks_are_shipped_again(shipper, sink, current, tmp_path):
    append(current, line(1))
    drain(shipper)
    backup = sqlite3.connect(tmp_path / "backup.db")
    sink.copy_to(backup)
    append(current, line(2))
    drain(shipper)
    sink.copy_from(backup)
    append(current, line(3))
    with pytest.raises(Unavailable):
        shipper.step()
    drain(shipper)
    assert sink.count() == 3


def test_which_calls_are_up_is_told_when_all_is_shipped_at_the_start_and_after_a_failure(sink, current, tmp_path):
    state = tmp_path / "calls.json"
    state.write_text(json.dumps({"up": [{"uid": "a"}], "setups": {"b": {}}}))
    os.utime(state, (1000, 1000))
    shipper = Shipper(sink, "node1", current, rotate_bytes=10_000_000, open_calls=state)
    append(current, *(line(n) for n in range(BATCH_LINES + 1)))
    assert shipper.step()
    assert sink.settled == []
    drain(shipper)
    with open(current, "rb") as file:
        told = ({identity(file)}, {"a", "b"}, 1000)
    append(current, line(BATCH_LINES + 1))
    drain(shipper)
    assert sink.settled == [told]
    sink.down = True
    append(current, line(BATCH_LINES + 2))
    with pytest.raises(Unavailable):
        shipper.step()
    sink.down = False
    os.utime(state)
    drain(shipper)
    assert [before < time.time() - UNSURE_SECONDS / 2 for *_, before in sink.settled] == [True, True]
    assert sink.settled[1][:2] == told[:2]


def test_a_fresh_home_has_nothing_to_tell_of_calls(sink, current, tmp_path):
    shipper = Shipper(sink, "node1", current, rotate_bytes=10_000_000, open_calls=tmp_path / "calls.json")
    append(current, line(1))
    drain(shipper)
    assert (sink.count(), sink.settled) == (1, [])


def test_a_large_file_is_renamed_shipped_to_its_end_and_deleted(sink, current):
    shipper = Shipper(sink, "node1", current, rotate_bytes=500, quiet=0.3)
    append(current, *(line(n) for n in range(10)))
    slow_worker = open(current, "ab")  # noqa: SIM115 - a worker of the edge that has yet to notice
    drain(shipper)
    assert not current.exists()
    [renamed] = current.parent.glob("edge-*.jsonl")
    append(current, line(10))
    with slow_worker:
        slow_worker.write(line(11))
    until(lambda: not shipper.step() and not renamed.exists())
    assert sink.count() == 12
    assert sink.count("place") == 1  # the deleted file's position is forgotten


def test_half_a_line_at_the_end_of_a_renamed_file_is_kept(shipper, sink, current):
    renamed = current.with_name("edge-20260101T000000-000000001.jsonl")
    append(renamed, line(1), line(2)[:30])
    until(lambda: not shipper.step() and not renamed.exists())
    assert current.with_name("damaged.jsonl").read_bytes() == line(2)[:30] + b"\n"
    assert sink.count() == 1


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_shipped(sink, current):
    """As on a disk that begins to fail; the status names it."""
    shipper = Shipper(sink, "node1", current, rotate_bytes=500, quiet=0.05)
    broken = current.with_name("edge-20260101T000000-000000001.jsonl")
    broken.mkdir()
    append(current, *(line(n) for n in range(10)))
    for _ in range(2):
        with pytest.raises(OSError, match=f"{broken}"):
            shipper.step()
    assert sink.count() == 10
    assert not current.exists()  # it is renamed at its size all the same
    broken.rmdir()
    until(lambda: not shipper.step() and not list(current.parent.glob("edge*.jsonl")))


def test_a_file_that_got_the_inode_of_a_deleted_one_starts_at_its_beginning(shipper, sink, current):
    append(current, line(1), line(2))
    drain(shipper)
    # The same inode with other content: what the system gives out after a deletion.
    with open(current, "r+b") as file:
        file.write(line(3) + line(4))
    drain(shipper)
    assert sink.count() == 4


def test_outages_are_logged_once_and_shown(shipper, sink, current, tmp_path, caplog):
    status, stop = tmp_path / "status.json", threading.Event()
    append(current, line(1))
    sink.down = True
    with caplog.at_level(logging.WARNING):
        thread = threading.Thread(target=run, args=(shipper_in_thread(tmp_path, current), Reporter(status), stop, 0.01))
        thread.start()
        until(lambda: (read_status(status) or {}).get("problem") == "the database is gone")
        until(lambda: read_status(status)["attempts"] > 5)
        (tmp_path / "up").touch()
        until(lambda: read_status(status)["problem"] == "" and read_status(status)["waiting"] == 0)
        stop.set()
        thread.join()
    assert [record.getMessage() for record in caplog.records] == [
        "the database is gone; still trying",
        "works again, after: the database is gone",
    ]


def shipper_in_thread(folder: Path, current: Path):
    """A shipper whose database is gone until the file `up` is there."""

    class Part:
        attempts = 0

        def __init__(self):
            self.inner = None

        def step(self):
            Part.attempts += 1
            if self.inner is None:
                self.inner = Shipper(SqliteSink(folder / "thread.db"), "node1", current, rotate_bytes=10_000)
            if not (folder / "up").exists():
                raise Unavailable("the database is gone")
            return self.inner.step()

        def facts(self):
            return {**self.inner.facts(), "attempts": Part.attempts} if self.inner else {"attempts": 0}

    return Part()


def test_a_shipper_killed_again_and_again_loses_and_doubles_nothing(tmp_path, sink, current):
    """The journal grows and is rotated while the process that ships it is killed in the middle of its work."""
    total, status = 6000, tmp_path / "status.json"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, str(SHIPPING), str(current), str(tmp_path / "sink.db"), str(status)]
    written = 0
    process = None
    try:
        for kill in range(6):
            process = subprocess.Popen(arguments, env=environment)
            stored = sink.count("counter")
            for _ in range(total // 6):
                append(current, line(written))
                written += 1
            # At least one batch of this process is in: the next may be in any state when it dies.
            until(lambda stored=stored: sink.count("counter") > stored)
            process.send_signal(signal.SIGTERM if kill == 5 else signal.SIGKILL)
            process.wait()
        process = subprocess.Popen(arguments, env=environment)
        until(lambda: sink.count() == total, 30)
        until(lambda: not list(tmp_path.glob("edge-*.jsonl")), 30)
    finally:
        if process:
            process.kill()
            process.wait()
    assert {json.loads(row[0])["call"] for row in sink._db.execute("SELECT event FROM line")} == {
        f"{n:016x}" for n in range(total)
    }


def test_what_waits_for_the_database_is_on_the_disk(shipper, sink, current, monkeypatch):
    """So that a power cut takes no record; and only then, as the edge may have to wait for the disk meanwhile."""
    synced = []
    monkeypatch.setattr("os.fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    append(current, line(0))
    drain(shipper)
    assert synced == []
    append(current, line(1))
    sink.down = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            shipper.step()
    assert synced == [current.stat().st_ino]
