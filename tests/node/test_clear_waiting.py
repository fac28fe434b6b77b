"""Callers that hear nothing of their call for long are told to wait, each once."""

import pytest
from clearing import DIALOG, SETUP

from trunkline.node.calls import PATIENCE

CALLING = SETUP | {"cseq": 7, "contact": "sip:198.51.100.1:5060;transport=tcp"}
LATE = 1000 + PATIENCE


def told(scene):
    return [(setup["call"], setup["contact"]) for setup in scene.kamailio.progressed]


def test_one_is_told_once_when_it_has_waited_for_long(scene):
    scene.write(CALLING, call="a")
    scene.step(LATE - 0.1)
    assert told(scene) == []
    scene.step(LATE)
    scene.step(LATE + 100)
    assert told(scene) == [("a", CALLING["contact"])]
    assert [(setup["call_id"], setup["cseq"]) for setup in scene.kamailio.progressed] == [("c@pbx", 7)]


@pytest.mark.parametrize(
    "event",
    [{"event": "progress", "code": 180}, {"event": "answer", "dialog": DIALOG}, {"event": "finish", "code": 404}],
)
def test_one_that_has_heard_of_its_call_is_not(scene, event):
    scene.write(CALLING, call="a")
    scene.write(CALLING, call="b")
    scene.step()
    scene.write(event | {"n": 1}, call="a")
    scene.step(LATE)
    assert [call for call, _ in told(scene)] == ["b"]


def test_one_that_takes_no_word_of_ours_gets_none(scene):
    scene.write(SETUP | {"cseq": 7})
    scene.step(LATE)
    assert told(scene) == []


def test_what_was_said_is_not_said_again_by_the_next_process(scene):
    scene.write(CALLING, call="a")
    scene.step(LATE)
    scene.write(CALLING, call="b")
    scene.step()
    scene.clearer.close()
    scene.start()
    scene.step(LATE + PATIENCE)
    assert [call for call, _ in told(scene)] == ["a", "b"]


def test_a_kamailio_that_hangs_holds_up_one_question_a_step(scene):
    for call in "abc":
        scene.write(CALLING, call=call)
    scene.step()
    scene.kamailio.hangs, scene.now = True, LATE
    scene.clearer.step()
    assert len(told(scene)) == 1
    scene.kamailio.hangs = False
    scene.clearer.step()
    assert [call for call, _ in told(scene)] == ["a", "b", "c"]


def test_a_call_that_begins_while_the_journal_is_read_is_not_told(scene):
    scene.write(CALLING | {"time": scene.now + 0.01})
    scene.step()
    assert told(scene) == []
    scene.step(LATE + 0.01)
    assert len(told(scene)) == 1


def test_after_the_clock_was_set_back_the_others_are_told_once_a_call_of_before_is_over(scene):
    scene.write(CALLING, call="a")
    scene.step(900)
    scene.write(CALLING, call="b")
    scene.step(900 + PATIENCE)
    assert told(scene) == []
    scene.write({"event": "finish", "code": 404}, call="a")
    scene.step()
    assert [call for call, _ in told(scene)] == ["b"]
