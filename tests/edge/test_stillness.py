"""When a worker asks its store whether it has changed."""

import os
import time

import pytest

from trunkline.edge import stillness
from trunkline.edge.stillness import Stillness


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "edge.db-wal"
    path.write_bytes(b"frames")
    _age(path, 10)
    return path


@pytest.fixture
def still(log):
    return Stillness(str(log).removesuffix("-wal"))


def _age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_it_lasts_while_nothing_is_written(still):
    assert not still.lasts()
    assert still.lasts()
    assert still.lasts()


def test_a_write_ends_it(still, log):
    assert not still.lasts()
    _age(log, 9)
    assert not still.lasts()
    assert still.lasts()


def test_a_log_that_is_made_anew_or_cut_ends_it(still, log):
    assert not still.lasts()
    times = log.stat().st_mtime_ns
    log.write_bytes(b"")
    os.utime(log, ns=(times, times))
    assert not still.lasts()
    log.unlink()
    assert not still.lasts()
    assert not still.lasts()


def test_what_was_written_just_now_may_be_written_again_in_the_same_tick(still, log, monkeypatch):
    """Which leaves the time as it is."""
    written = log.stat().st_mtime_ns
    monkeypatch.setattr(stillness.time, "time_ns", lambda: written + stillness.TICK_NS - 1)
    for _ in range(3):
        assert not still.lasts()
    monkeypatch.setattr(stillness.time, "time_ns", lambda: written + stillness.TICK_NS)
    assert not still.lasts()
    assert still.lasts()


def test_the_store_is_asked_all_the_same_once_a_second(still, monkeypatch):
    assert not still.lasts()
    now = time.monotonic()
    monkeypatch.setattr(stillness.time, "monotonic", lambda: now + 2 * stillness.LONGEST)
    assert not still.lasts()
    assert still.lasts()
