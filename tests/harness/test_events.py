"""What the harness reads of a journal."""

from unittest.mock import patch

import pytest

from harness.events import Events
from trunkline.contract import journal


def line(call: str) -> bytes:
    return journal.encode({"event": "end", "time": 1.0, "node": "node1", "call": call})


@pytest.fixture
def file(tmp_path):
    return tmp_path / "edge.jsonl"


@pytest.fixture
def calls(file):
    events = Events(file)
    return lambda: [event["call"] for event in events.all()]


def test_before_there_is_a_file_there_is_nothing(calls):
    assert calls() == []


def test_what_was_added_follows_and_no_line_is_read_twice(file, calls):
    file.write_bytes(line("a") + b"damaged\n" + line("b"))
    with patch.object(journal, "decode", wraps=journal.decode) as decode:
        assert calls() == ["a", "b"]
        with file.open("ab") as more:
            more.write(line("c"))
        assert calls() == ["a", "b", "c"]
        assert calls() == ["a", "b", "c"]
    assert decode.call_count == 4


def test_half_a_line_waits_for_its_end(file, calls):
    whole = line("a")
    file.write_bytes(whole[:20])
    assert calls() == []
    with file.open("ab") as more:
        more.write(whole[20:])
    assert calls() == ["a"]


def test_another_file_in_its_place_is_read_from_its_beginning(file, calls):
    file.write_bytes(line("a"))
    assert calls() == ["a"]
    other = file.with_name("other")
    other.write_bytes(line("b") + line("c"))
    other.rename(file)
    assert calls() == ["b", "c"]
    file.write_bytes(line("d"))
    assert calls() == ["d"]
    file.unlink()
    assert calls() == []
