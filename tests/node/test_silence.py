"""When a call is dead: rtpengine's words, and the patience of the settings."""

import pytest

from trunkline.node.silence import Heard, Patience, heard, lacking, verdict

PATIENCE = Patience(dead=60, one_way=600, hold=3600, longest=14_400)
TAGS = ("a", "b")


def party(*last, flags=("initialized", "send", "recv"), address="192.0.2.1"):
    streams = [{"last packet": time, "endpoint": {"address": address}} for time in last]
    return {"medias": [{"flags": list(flags), "streams": streams}]}


def test_rtcp_is_a_sign_of_life_and_a_second_is_counted_to_its_end():
    answer = {"created": 50, "tags": {"a": party(100, 130), "b": party(120, 50), "given up": party(999)}}
    assert heard(answer, TAGS) == Heard((131, 121), held=False)


@pytest.mark.parametrize("flags", [("send",), ("recv",), ()])
def test_whoever_does_not_send_or_listen_holds(flags):
    answer = {"created": 1, "tags": {"a": party(9), "b": party(9, flags=flags)}}
    assert heard(answer, TAGS).held


def test_whoever_sends_and_listens_holds_nobody():
    answer = {"created": 1, "tags": {"a": party(9), "b": party(9, flags=("send", "recv"))}}
    assert not heard(answer, TAGS).held


@pytest.mark.parametrize(
    ("parties", "which"),
    [
        ({"a": party(9), "b": {}}, "callee"),
        ({"a": party(9)}, "callee"),
        ({"a": {"medias": []}, "b": party(9)}, "caller"),
        ({"a": party(9), "b": party(9)}, ""),
    ],
)
def test_who_has_described_no_audio(parties, which):
    assert lacking({"tags": parties}, TAGS) == which


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_the_old_way_to_hold_is_no_address(address):
    assert heard({"created": 1, "tags": {"a": party(9, address=address), "b": party(9)}}, TAGS).held


@pytest.mark.parametrize("answer", [{"result": "error"}, {"created": 1, "tags": {"a": party(9)}}])
def test_a_call_that_the_relay_does_not_know(answer):
    assert heard(answer, TAGS) is None


def test_a_call_without_media_was_heard_when_it_began():
    assert heard({"created": 50, "tags": {"a": {"medias": []}, "b": {}}}, TAGS) is None
    assert heard({"created": 50, "tags": {"a": {"medias": []}, "b": party(60)}}, TAGS).last == (51, 61)


@pytest.mark.parametrize(
    ("last", "held", "now", "words", "again"),
    [
        ((1000, 1000), False, 1001, "", 1060),
        ((1000, 1000), False, 1060, "no audio from either party for 60 s", 0),
        ((1000, 1000), True, 1060, "", 1120),
        ((1000, 1000), True, 4600, "silent on hold for 3600 s", 0),
        ((1000, 1500), False, 1510, "", 1560),
        ((1000, 1599), False, 1600, "no audio from the caller for 600 s", 0),
        ((1599, 1000), False, 1600, "no audio from the callee for 600 s", 0),
        ((1000, 1599), True, 1600, "", 1660),
        ((1000, 1590), False, 1591, "", 1600),
        ((15_300, 15_300), False, 15_300, "", 15_300 + 60),
        ((15_380, 15_380), False, 15_380, "", 15_400),
        ((15_399, 15_399), False, 15_400, "it lasted 14400 s, the longest that a call may", 0),
    ],
)
def test_the_verdict(last, held, now, words, again):
    said, when = verdict(Heard(last, held), 1000, now, PATIENCE)
    assert said == words
    if not words:
        assert when == again
