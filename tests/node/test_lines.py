"""The journal's folder is Kamailio's user's, and root reads and writes in it: no link there leads it elsewhere."""

import os

import pytest

from trunkline.contract import journal
from trunkline.node import lines
from trunkline.node.calls import Calls
from trunkline.node.ship import Shipper

EVENT = {"event": "reject", "time": 1.5, "node": "node1", "call": "00"}


class NoSink:
    """A database that takes all and knows nothing."""

    def position(self, node, file):
        return 0

    def store(self, node, file, events, position, since=None):
        return

    def forget(self, node, file):
        return


@pytest.fixture
def current(tmp_path):
    (tmp_path / "journal").mkdir()
    return tmp_path / "journal" / "edge.jsonl"


@pytest.fixture
def shipper(current):
    return Shipper(NoSink(), "node1", current, rotate_bytes=10_000_000, quiet=0.0)


@pytest.fixture
def elsewhere(tmp_path):
    path = tmp_path / "elsewhere"
    path.write_bytes(journal.encode(EVENT))
    return path


def test_a_line_is_appended_to_a_file(current):
    assert not lines.append(current, [EVENT])
    current.write_bytes(b"half a line")
    assert lines.append(current, [EVENT, EVENT])
    assert current.read_bytes() == b"half a line\n" + 2 * journal.encode(EVENT)


def follow(current) -> None:
    calls = Calls(current, current.with_name("state"))
    calls.follow(1.5)
    raise calls.unread


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder"])
@pytest.mark.parametrize("name", ["edge.jsonl", "edge-20260101T000000-1.jsonl"])
def test_what_is_no_file_is_neither_read_nor_written(current, shipper, elsewhere, name, kind):
    path = current.with_name(name)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(elsewhere if kind == "link" else elsewhere.with_name("missing"))
    uses = [lambda: lines.append(path, [EVENT])]
    if kind != "dangling link" or path != current:  # to which the edge has no file yet
        uses += [lambda: follow(current), shipper.step]
    for use in uses:
        with pytest.raises(OSError, match=f"remove it: .*{name}|Is a directory: .*{name}"):
            use()
    assert shipper.facts()["shipped"] == 0
    assert elsewhere.read_bytes() == journal.encode(EVENT)
    assert not elsewhere.with_name("missing").exists()


def test_damaged_lines_are_kept_in_no_other_file(current, shipper, elsewhere):
    current.with_name("damaged.jsonl").symlink_to(elsewhere)
    current.write_bytes(journal.encode(EVENT) + b"what\n")
    with pytest.raises(OSError, match=r"it is a link.*damaged\.jsonl"):
        shipper.step()
    assert elsewhere.read_bytes() == journal.encode(EVENT)
