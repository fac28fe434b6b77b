"""The part that ends calls: those that are dead, lost or too long, and no others."""

import json

import pytest
from clearing import DIALOG, SETUP

from trunkline.node import clear, orders
from trunkline.node.calls import LONGEST_SETUP
from trunkline.node.clear import LOST
from trunkline.node.ng import Gone
from trunkline.node.probes import Silent
from trunkline.node.relays import Untold


def test_a_call_is_looked_at_no_more_often_than_it_could_have_died(scene):
    scene.relays.last = 1000
    scene.answered()
    for second in range(1001, 1200):
        scene.relays.last = second
        scene.step(second)
    assert len(scene.relays.asked) == 4  # at 5 s, and then once a minute
    assert not scene.client.sent


def test_a_relay_that_is_gone_has_lost_its_calls(scene):
    scene.answered()
    scene.relays.away = Gone("nothing listens there")
    scene.step(1005)
    scene.step(1035)
    assert not scene.client.sent
    scene.step(1066)
    assert len(scene.client.sent) == 2


def test_a_call_that_the_edge_has_cut_off_gets_both_byes(scene):
    scene.answered()
    scene.write({"event": "end", "by": "edge", "reason": "SRTP was offered, and the answer is plain RTP"})
    scene.step(1000.5)
    assert not scene.client.sent  # the answer may be on its way to the caller yet, who would know no such call
    scene.step(1001)
    assert ['text="SRTP was offered, and the answer is plain RTP"' in bye.headers for bye in scene.client.sent] == [
        True
    ] * 2
    scene.step(1100)
    assert len(scene.client.sent) == 2


def test_so_does_one_that_was_answered_before_the_clock_was_set_back(scene):
    scene.answered()
    scene.write({"event": "end", "by": "edge", "reason": "SRTP was offered, and the answer is plain RTP"})
    scene.set_by = -3600
    scene.step(1000.5)
    assert len(scene.client.sent) == 2


def test_a_call_is_ended_for_the_reason_that_came_first(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.step(1061)
    orders.want(scene.endings, ["0011223344556677"])
    scene.step(1062)
    assert ["whoever runs this service ended it" in bye.headers for bye in scene.client.sent] == [False] * 4


def test_a_call_that_somebody_wants_ended_gets_both_byes_until_its_end_is_recorded(scene):
    scene.relays.last = 5000
    scene.answered()
    orders.want(scene.endings, ["0011223344556677", "7766554433221100"])  # one of which is not up
    scene.step(1001)
    assert ["whoever runs this service ended it" in bye.headers for bye in scene.client.sent] == [True] * 2
    assert orders.wanted(scene.endings) == []
    scene.start()  # after a crash
    scene.step(1062)
    assert len(scene.client.sent) == 4
    scene.write({"event": "end", "by": "edge"})
    scene.step(1200)
    assert (len(scene.client.sent), scene.clearer.facts()["up"]) == (4, 0)


def test_a_disk_that_is_full_keeps_no_call_from_being_ended(scene):
    """The order is an empty file, which a full disk takes."""
    scene.answered()
    scene.write(SETUP, {"event": "answer", "dialog": DIALOG}, call="8899aabbccddeeff")
    scene.relays.last = 1000
    scene.step()
    scene.state.with_suffix(".draft").mkdir()  # nothing can be kept
    orders.want(scene.endings, ["0011223344556677"])
    for _ in range(20):
        with pytest.raises(OSError, match="draft"):
            scene.step(scene.now + 0.2)
    assert len(scene.client.sent) == 2
    with pytest.raises(OSError, match="draft"):
        scene.step(1061)
    assert len(scene.client.sent) == 6  # once more, and to those of the dead one
    scene.state.with_suffix(".draft").rmdir()
    scene.step(1061.2)
    assert orders.wanted(scene.endings) == []


def test_a_journal_file_that_cannot_be_read_keeps_no_call_from_being_ended(scene):
    scene.path.with_name("edge-20260101T000000-1.jsonl").mkdir()
    scene.relays.last = 1000
    scene.write(SETUP, {"event": "answer", "dialog": DIALOG})
    scene.write(SETUP, call="8899aabbccddeeff")  # its end may be in the file
    for now in (1000, 1061, 1000 + LONGEST_SETUP):
        with pytest.raises(OSError, match="edge-20260101T000000-1"):
            scene.step(now)
    assert len(scene.client.sent) >= 2
    assert not scene.lines("finish")


def test_a_call_that_rings_is_cancelled_until_it_is_over(scene):
    scene.write(SETUP | {"cseq": 7})
    scene.step()
    orders.want(scene.endings, ["0011223344556677"])
    scene.step()
    scene.step(1001)
    assert [(setup["call_id"], setup["cseq"]) for setup in scene.kamailio.cancelled] == [("c@pbx", 7)]
    assert orders.wanted(scene.endings) == []
    scene.step(1002)
    scene.start()  # after a crash
    scene.step(1003)
    assert len(scene.kamailio.cancelled) == 3
    scene.write({"event": "finish", "code": 480})
    scene.step(1009)
    assert (len(scene.kamailio.cancelled), scene.client.sent) == (3, [])


def test_many_are_ended_by_portions(scene, monkeypatch):
    monkeypatch.setattr(clear, "ORDERS", 2)
    calls = [f"001122334455667{place}" for place in range(5)]
    for call in calls:
        scene.write(SETUP | {"cseq": 7}, call=call)
    scene.step()
    orders.want(scene.endings, calls)
    assert scene.clearer.step()
    assert len(orders.wanted(scene.endings)) == 3
    scene.step()
    assert sorted(setup["call"] for setup in scene.kamailio.cancelled) == calls


def test_one_that_is_answered_meanwhile_is_hung_up(scene):
    scene.write(SETUP | {"cseq": 7})
    scene.step()
    orders.want(scene.endings, ["0011223344556677"])
    scene.step()
    scene.write({"event": "answer", "dialog": DIALOG})
    scene.step()
    assert ["whoever runs this service ended it" in bye.headers for bye in scene.client.sent] == [True] * 2
    scene.step(1010)
    assert len(scene.kamailio.cancelled) == 1


def test_a_dead_call_gets_both_byes_again_and_again_until_its_end_is_recorded(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.step(1005)
    scene.step(1060)
    assert not scene.client.sent
    scene.step(1061)
    assert len(scene.client.sent) == 2
    scene.step(1121)
    assert len(scene.client.sent) == 4
    assert scene.clearer.facts() == {"up": 1, "ringing": 0, "ended": 1}
    scene.write({"event": "end", "by": "edge"})
    scene.step(1122)
    assert scene.relays.asked[-1] == ("delete", "c@pbx")
    assert [line["caller"] for line in scene.lines("quality")] == [{"packets": 9}]
    scene.step(1300)
    assert (len(scene.client.sent), scene.clearer.facts()["up"]) == (4, 0)


def test_a_call_that_no_relay_knows_may_still_be_mended_for_a_while(scene):
    scene.answered()
    scene.step(1005)
    scene.step(1064)
    scene.relays.last = 1064  # a re-INVITE
    scene.step(1065)
    scene.relays.last = None
    scene.step(1125)
    scene.step(1184)
    assert not scene.client.sent
    scene.step(1186)
    assert LOST in scene.client.sent[0].headers


@pytest.mark.parametrize(("tag", "party"), [("a1", "caller"), ("b2", "callee")])
def test_a_party_that_described_no_audio_is_named_instead_of_the_relay(scene, tag, party):
    scene.relays.last, scene.relays.tags = 1005, {"a1", "b2"} - {tag}
    scene.answered()
    scene.step(1005)
    scene.step(1065)
    assert f"the {party} described no audio" in scene.client.sent[0].headers


@pytest.mark.parametrize("problem", [Silent("it does not answer"), Untold("it does not say anything about this call")])
def test_a_silent_relay_has_lost_nothing(scene, problem):
    scene.answered()
    scene.step(1005)  # it answers that it does not know the call
    scene.relays.away = problem
    for second in range(1006, 2000):
        scene.step(second)
    scene.relays.away = None
    scene.step(2300)
    scene.step(2300 + 59)
    assert not scene.client.sent
    scene.step(2300 + 60)
    assert LOST in scene.client.sent[0].headers


def test_a_call_whose_relay_was_silent_is_looked_at_again_soon(scene):
    scene.relays.away = Silent("it does not answer")
    scene.answered()
    for second in range(1005, 1062):
        scene.step(second)
    assert not scene.client.sent
    scene.relays.away, scene.relays.last = None, 1000
    for second in range(1062, 1067):
        scene.step(second)
    assert len(scene.client.sent) == 2


def test_a_call_that_cannot_be_told_of_takes_a_second_of_the_others_rarely(scene):
    scene.relays.away = Untold("it does not say anything about this call")
    scene.answered()
    for second in range(1001, 1601):
        scene.step(second)
    assert len(scene.relays.asked) == 2
    for second in range(1601, 1000 + 14_400):
        scene.step(second)
    assert not scene.client.sent
    scene.step(1000 + 14_400)
    assert "it lasted 14400 s" in scene.client.sent[0].headers


def test_the_longest_call_needs_no_relay(scene):
    scene.relays.away = Silent("it does not answer")
    scene.answered()
    scene.step(15_399)
    assert not scene.client.sent
    scene.step(15_405)
    assert "it lasted 14400 s" in scene.client.sent[0].headers


def test_a_clock_that_is_set_back_keeps_nothing_from_being_looked_at(scene):
    scene.relays.last = 1000
    scene.answered()
    scene.step(1005)  # a look in a minute is due, and the state is kept
    scene.set_by = -500.0
    scene.relays.last = 560
    scene.step(1061)
    assert len(scene.relays.asked) == 2
    scene.write(SETUP, {"event": "answer", "dialog": DIALOG}, call="2")
    scene.step(1062)
    scene.step(1067)
    assert {row["uid"] for row in json.loads(scene.state.read_text())["up"]} == {"0011223344556677", "2"}
    assert not scene.client.sent
    scene.step(1121)
    assert "no audio from either party for 60 s" in scene.client.sent[0].headers


def test_a_call_that_was_lost_is_ended_after_its_time_by_a_clock_that_was_set_back(scene):
    scene.answered()
    scene.step(1005)
    scene.set_by = -500.0
    for second in range(1006, 1080):
        scene.step(second)
    assert LOST in scene.client.sent[0].headers
