"""What the part that ends calls keeps of them: it outlives the part."""

import json

import pytest
from clearing import SETUP

from trunkline.node.clear import LOST
from trunkline.node.probes import Silent


def test_calls_outlive_the_part(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.clearer.close()
    scene.start()
    scene.step(1061)
    assert len(scene.client.sent) == 2


def test_what_is_owed_outlives_the_part(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.relays.away = Silent("it does not answer")
    scene.write({"event": "end", "by": "edge", "reason": "no way"})
    scene.step(1010)
    assert len(scene.client.sent) == 2
    scene.clearer.close()
    scene.relays.away = None
    scene.path.rename(scene.path.with_name("edge-20260101T000000-1.jsonl"))  # so the line has to wait
    scene.start()
    scene.step(1020)
    assert scene.relays.asked[-1] == ("delete", "c@pbx")
    scene.clearer.close()
    scene.write(SETUP, call="2")
    scene.start()
    scene.step(1030)
    assert len(scene.lines("quality")) == 1
    assert len(scene.client.sent) == 2


def test_what_is_known_of_a_call_outlives_a_part_that_is_killed(scene):
    scene.answered()
    scene.step(1005)
    assert json.loads(scene.state.read_text())["up"][0]["lost"] == 1005
    for second in range(1006, 1070):
        scene.step(second)
    (kept,) = json.loads(scene.state.read_text())["up"]
    assert (kept["ending"], kept["byes"]) == (LOST, 1)


@pytest.mark.parametrize("left", ["", "{", "[]", '{"up": [{"uid": 1}], "positions": {}, "setups": {}}', "null"])
def test_a_state_that_cannot_be_read_is_made_anew_from_the_journal(scene, left):
    scene.relays.last = 1000
    scene.answered()
    scene.state.write_text(left)
    scene.start()
    scene.step()
    assert scene.clearer.facts()["up"] == 1


def test_the_state_is_roots(scene):
    scene.answered()
    scene.clearer.close()
    assert scene.state.stat().st_mode & 0o777 == 0o600
    assert json.loads(scene.state.read_text())["up"][0]["uid"] == "0011223344556677"
