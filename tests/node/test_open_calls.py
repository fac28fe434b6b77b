"""The calls that are up, from the journal's lines."""

import time

import pytest

from trunkline.contract import journal
from trunkline.node import lines
from trunkline.node.calls import Calls

UID = "0011223344556677"
SETUP = {"event": "setup", "call_id": "c@pbx"}


class Scene:
    def __init__(self, folder):
        self.path, self.state = folder / "edge.jsonl", folder / "calls.json"
        self.calls = Calls(self.path, self.state)

    def write(self, *events, path=None, call=UID):
        with open(path or self.path, "ab") as file:
            for event in events:
                file.write(journal.encode({"time": 1000.0, "node": "node1", "call": call} | event))


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


@pytest.mark.parametrize(
    ("headers", "entries"),
    [
        (["<sip:a;lr>, <sip:b;lr>;x=1", "<sip:c,d;lr>"], ["<sip:a;lr>", "<sip:b;lr>;x=1", "<sip:c,d;lr>"]),
        ([" , <sip:a>,,", ""], ["<sip:a>"]),
        (["<sip:a,b"], ["<sip:a,b"]),
        (["<sip:a>", f"<sip:{'b' * 9000}>", "<sip:c>"], ["<sip:a>", "<sip:c>"]),
    ],
)
def test_record_routes_are_taken_apart_by_entry(scene, headers, entries):
    scene.write(SETUP, {"event": "answer", "dialog": {"routes": headers}})
    scene.calls.follow(1000.0)
    assert scene.calls.up[UID].routes == entries


@pytest.mark.parametrize("header", ["<" + "," * 8000, "<" * 8000, "," * 8000, "<>" * 4000])
def test_no_header_takes_long(scene, header):
    scene.write(SETUP, {"event": "answer", "dialog": {"routes": [header] * 50}})
    began = time.process_time()
    scene.calls.follow(1000.0)
    assert time.process_time() - began < 0.5  # 40 s if all that came before is looked at again at each comma


def test_a_file_that_cannot_be_read_costs_no_other_one(scene):
    rotated, link = (scene.path.with_name(f"edge-2026010{day}T000000-1.jsonl") for day in (1, 2))
    answer = {"event": "answer", "dialog": {"tags": ["a", "b"]}}
    scene.write(SETUP, answer, {"event": "end", "by": "caller"}, path=rotated)
    scene.write(SETUP, answer, path=rotated, call="2")
    scene.write(SETUP, answer, call="3")
    link.symlink_to(rotated)
    answered = [scene.calls.follow(1000.0)[0] for _ in range(2)]
    assert [[call.uid for call in calls] for calls in answered] == [["2", "3"], []]
    assert "it is a link" in str(scene.calls.unread)
    link.unlink()
    assert scene.calls.follow(1001.0) == ([], False)
    assert scene.calls.unread is None
    assert [(call.uid, call.over) for call in scene.calls.over] == [(UID, 1000.0)]


BEGUN = SETUP | {"source": "udp:192.0.2.1:5060"}
ANSWER = {"event": "answer", "dialog": {"source": "udp:192.0.2.2:5060", "contacts": ["", ""], "tags": ["a", "b"]}}
UNHEARD = {"event": "end", "by": "edge", "reason": "it was refused"}


def hung_up(scene, **facts) -> None:
    """The caller's BYE is in the journal of a call that was up."""
    scene.write(BEGUN, ANSWER, {"event": "end", "by": "caller"} | facts)
    scene.calls.follow(1000.0)


def test_a_bye_that_went_elsewhere_leaves_a_call_to_be_ended(scene):
    hung_up(scene, way=["192.0.2.1", "192.0.2.9", "192.0.2.9"])
    assert [call.cut for call in scene.calls.over] == ["the BYE that ended it did not reach the other party"]


@pytest.mark.parametrize("is_let_go", [False, True])
def test_so_does_one_that_was_refused_be_its_media_let_go_or_not(scene, is_let_go):
    hung_up(scene, way=["192.0.2.1", "192.0.2.2", "192.0.2.2"])
    assert [call.cut for call in scene.calls.over] == [""]
    if is_let_go:
        scene.calls.over.clear()
    for _ in range(2):
        scene.write(UNHEARD)
    scene.calls.follow(1032.0)
    assert [call.cut for call in scene.calls.over] == ["it was refused"]


@pytest.mark.parametrize("is_let_go", [False, True])
def test_and_so_does_one_that_was_refused_while_the_part_was_started_again(scene, is_let_go, monkeypatch):
    monkeypatch.setattr(lines, "BATCH_LINES", 1)  # there is much to read
    scene.write(BEGUN, ANSWER, {"event": "end", "by": "caller"})
    while scene.calls.follow(1000.0)[1]:
        continue
    if is_let_go:
        scene.calls.over.clear()
    scene.calls.save()
    again = Calls(scene.path, scene.state)
    scene.write(BEGUN | {"call": "another"}, UNHEARD)
    while again.follow(1060.0)[1]:  # what was written while nobody read is not too late
        continue
    assert [call.cut for call in again.over] == ["it was refused"]


def test_a_state_that_is_as_it_was_is_not_written_again(scene):
    hung_up(scene)
    scene.calls.save()
    written = scene.state.stat().st_ino
    scene.calls.save()
    assert scene.state.stat().st_ino == written


def test_but_not_once_more_when_it_has_had_its_byes(scene):
    hung_up(scene)
    scene.write(UNHEARD)
    scene.calls.follow(1032.0)
    scene.calls.over.popleft().byes = 1
    scene.write(UNHEARD)
    scene.calls.follow(1033.0)
    assert not scene.calls.over


def test_but_not_for_ever(scene):
    hung_up(scene)
    scene.calls.over.clear()
    scene.calls.follow(1041.0)
    scene.write(UNHEARD)
    scene.calls.follow(1041.0)
    assert not scene.calls.over
