"""The part that ends calls: driven by a journal, a relay and a clock of the test."""

import json

import pytest

from trunkline.contract import journal
from trunkline.node import lines
from trunkline.node.calls import LONGEST_SETUP, Calls
from trunkline.node.clear import LOST, UNHEARD, Clearer, Names
from trunkline.node.ng import Gone
from trunkline.node.ping import Pinger
from trunkline.node.probes import Silent
from trunkline.node.relays import Untold
from trunkline.node.silence import Patience

OURS = "<sip:198.51.100.1;lr;ftag=a1;tl=0011223344556677.1.ep.aa>"
SETUP = {"event": "setup", "caller": "447700900000", "called": "442071234567", "source": "udp:203.0.113.9:5060"}
DIALOG = {
    "tags": ["a1", "b2"],
    "contacts": ["<sip:a@203.0.113.9>", "<sip:b@198.51.100.9>"],
    "source": "udp:198.51.100.9:5060",
    "routes": [OURS],
}


class FakeRelays:
    """`last`: when both parties were heard; None when no relay knows the call. `away`: what is raised instead."""

    def __init__(self):
        self.last, self.away, self.asked = None, None, []

    def ask(self, command, call_id):
        self.asked.append((command, call_id))
        if self.away:
            raise self.away
        if self.last is None:
            return None
        stream = {"last packet": self.last, "stats": {"packets": 9}, "ingress SSRCs": []}
        party = {"medias": [{"flags": ["send", "recv"], "streams": [stream]}]}
        return {"created": 1000, "tags": {"a1": party, "b2": party}}


class FakeClient:
    def __init__(self):
        self.sent = []

    def send(self, request):
        self.sent.append(request)

    def repeat(self):
        return


class Scene:
    def __init__(self, folder):
        self.path, self.state, self.now = folder / "edge.jsonl", folder / "calls.json", 1000.0
        self.set_by = 0.0  # by how much somebody has set the clock
        self.relays, self.client = FakeRelays(), FakeClient()
        self.start()

    def start(self):
        patience = Patience(dead=60, one_way=600, hold=3600, longest=14_400)
        calls, names = Calls(self.path, self.state), Names("sip.example", "secret", "node1")
        pinger = Pinger(self.path.with_name("no-kamailio"))
        self.clearer = Clearer(
            calls,
            self.relays,
            pinger,
            self.client,
            self.path,
            names,
            patience,
            lambda: self.now + self.set_by,
            lambda: self.now,
        )

    def write(self, *events, call="0011223344556677"):
        with open(self.path, "ab") as file:
            for event in events:
                file.write(
                    journal.encode({"time": self.now, "node": "node1", "call": call, "call_id": "c@pbx"} | event)
                )

    def answered(self):
        self.write(SETUP, {"event": "answer", "dialog": DIALOG})
        self.step()

    def step(self, until=None):
        self.now = until or self.now
        while self.clearer.step():
            continue

    def lines(self, kind):
        return [e for line in self.path.read_bytes().splitlines() if (e := journal.decode(line))["event"] == kind]


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)


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
    scene.step(1001)
    assert ['text="SRTP was offered, and the answer is plain RTP"' in bye.headers for bye in scene.client.sent] == [
        True
    ] * 2
    scene.step(1100)
    assert len(scene.client.sent) == 2


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
    assert scene.clearer.facts() == {"up": 1, "ended": 1}
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


@pytest.mark.parametrize("problem", [Silent("it does not answer"), Untold("it does not tell of this call")])
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


def test_a_call_that_cannot_be_told_of_takes_a_second_of_the_others_rarely(scene):
    scene.relays.away = Untold("it does not tell of this call")
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


def test_a_call_that_is_never_heard_of_again_is_recorded_as_failed(scene):
    scene.write(SETUP)
    scene.step(1000)
    scene.step(1000 + LONGEST_SETUP - 1)
    assert not scene.lines("finish")
    scene.step(1000 + LONGEST_SETUP)
    scene.step(1000 + LONGEST_SETUP + 10)
    (finish,) = scene.lines("finish")
    assert (finish["call"], finish["code"], finish["reason"]) == ("0011223344556677", 500, UNHEARD)


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
