"""What the part that ends calls writes of those whose end nobody else can tell, and of which lines it makes a call."""

import os

import pytest
from clearing import DIALOG, RING_SECONDS, SETUP

from trunkline.node import clear, lines
from trunkline.node.calls import LONGEST_SETUP
from trunkline.node.clear import UNHEARD
from trunkline.node.probes import Silent


def test_a_call_that_the_edge_cannot_end_is_given_up_one_day(scene):
    scene.relays.last = 1000
    scene.answered()
    for minute in range(1, 20):
        scene.step(1000 + 61 * minute)
    assert scene.clearer.facts()["up"] == 0
    assert scene.relays.asked[-1] == ("delete", "c@pbx")
    assert len(scene.client.sent) == 20
    (end,) = scene.lines("end")
    assert (end["call"], end["node"], end["by"]) == ("0011223344556677", "node1", "edge")
    assert end["reason"] == "no audio from either party for 60 s"
    assert scene.kamailio.released == [("0011223344556677", "c@pbx")]


def test_a_call_whose_parties_cannot_be_reached_is_given_up_at_once(scene):
    scene.relays.last = 1000
    changed = DIALOG | {"routes": ["<sip:proxy.carrier.example;lr>"]}  # by a B2BUA that makes a Record-Route of its own
    scene.write(SETUP, {"event": "answer", "dialog": changed})
    scene.step(1001)
    scene.step(1070)
    scene.step(1071)
    assert (scene.client.sent, scene.clearer.facts()["up"]) == ([], 0)
    assert scene.relays.asked[-1] == ("delete", "c@pbx")
    assert [line["reason"] for line in scene.lines("end")] == ["no audio from either party for 60 s"]
    scene.step(1200)
    assert len(scene.lines("end")) == 1


def test_a_call_that_the_edge_has_cut_off_has_one_end(scene):
    unreachable = {"event": "answer", "dialog": DIALOG | {"routes": []}}
    scene.write(SETUP, unreachable, {"event": "end", "by": "edge", "reason": "no way"})
    scene.step(1001)
    scene.step(1200)
    assert len(scene.lines("end")) == 1
    assert not scene.kamailio.released  # the edge knows


def test_a_call_that_is_never_heard_of_again_is_recorded_as_failed(scene):
    scene.write(SETUP)
    scene.step(1000)
    scene.step(1000 + LONGEST_SETUP - 1)
    assert not scene.lines("finish")
    scene.step(1000 + LONGEST_SETUP)
    scene.step(1000 + LONGEST_SETUP + 10)
    (finish,) = scene.lines("finish")
    assert (finish["call"], finish["code"], finish["reason"]) == ("0011223344556677", 500, UNHEARD)


def test_a_call_that_rang_when_kamailio_was_killed_is_over_when_it_may_ring_no_more(scene):
    rpc = scene.path.with_name("no-kamailio")
    rpc.touch()
    os.utime(rpc, (990, 990))
    scene.write(SETUP)
    scene.step(1001)
    os.utime(rpc, (5000, 5000))  # as of a clock that was set back since
    scene.step(1002)
    assert not scene.lines("finish")
    os.utime(rpc, (1002, 1002))
    scene.step(1000 + RING_SECONDS)
    assert not scene.lines("finish"), "it may still be answered"
    scene.step(1002 + RING_SECONDS + 5)
    (finish,) = scene.lines("finish")
    assert (finish["code"], finish["reason"]) == (500, UNHEARD)


def test_what_is_read_late_is_not_taken_for_unheard_of(scene):
    for number in range(lines.BATCH_LINES):  # more than is read at once
        scene.write(SETUP, call=f"{number:016x}")
    for number in range(lines.BATCH_LINES):
        scene.write({"event": "finish", "code": 486}, call=f"{number:016x}")
    scene.step(1000 + 2 * LONGEST_SETUP)
    assert {line["code"] for line in scene.lines("finish")} == {486}


def test_media_of_a_relay_that_is_away_is_let_go_later(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.relays.away = Silent("it does not answer")
    scene.write({"event": "end", "by": "caller"})
    scene.step(1010)
    assert not scene.lines("quality")
    scene.relays.away = None
    scene.step(1020)
    assert len(scene.lines("quality")) == 1


@pytest.mark.parametrize("set_by", [0, -3600])
def test_media_of_a_relay_that_stays_away_is_left_to_it_whatever_the_clock_says(scene, set_by):
    scene.answered()
    scene.relays.away = Silent("it does not answer")
    scene.write({"event": "end", "by": "caller"})
    scene.step(1010)
    scene.set_by = set_by
    scene.step(1020)
    scene.step(1020 + clear.KEPT)
    asked = len(scene.relays.asked)
    scene.step(1021 + clear.KEPT)
    assert len(scene.relays.asked) == asked


def test_lines_that_wait_for_long_are_not_kept_without_end(scene, monkeypatch):
    monkeypatch.setattr(clear, "MOST_LINES", 2)
    for uid in ("1", "2", "3"):
        scene.write(SETUP, call=uid)
    scene.step()
    scene.path.unlink()  # and nobody makes the next one
    scene.step(1000 + LONGEST_SETUP)
    scene.path.touch()
    scene.step(1001 + LONGEST_SETUP)
    assert [event["call"] for event in scene.lines("finish")] == ["2", "3"]


def test_refused_and_damaged_lines_open_nothing(scene):
    scene.write(SETUP, {"event": "finish", "code": 486})
    scene.write(SETUP, {"event": "answer"}, call="1")
    scene.write({"event": "answer", "dialog": DIALOG}, call="2")
    scene.write({"event": "end", "by": "caller"}, call="3")
    scene.step()
    assert scene.clearer.facts()["up"] == 0
    assert not scene.relays.asked


def test_a_renamed_journal_is_read_to_its_end(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.write({"event": "end", "by": "caller"})
    scene.path.rename(scene.path.with_name("edge-20260101T000000-1.jsonl"))
    scene.step(1010)
    assert scene.clearer.facts()["up"] == 0
    assert not scene.path.exists()  # Kamailio, which does not run as root, makes the next one
    scene.write(SETUP, call="2")
    scene.step(1011)
    assert len(scene.lines("quality")) == 1
