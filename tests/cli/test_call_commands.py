"""Commands that look at calls."""

import csv
import io

import pytest

from trunkline.cli import ending
from trunkline.node import orders


@pytest.fixture
def call(acme):
    """The record of a call of acme's."""
    from trunkline.control.feed import DatabaseSink

    common = {"node": "node1", "call": "c0ffee0000000001", "call_id": "x@pbx", "far_call_id": "t.xyz"}
    facts = {"direction": "outbound", "account": "acme", "called": "33123456789", "caller": "447700900000"}
    DatabaseSink().store(
        "node1",
        "f",
        [
            common | facts | {"event": "setup", "time": 1_800_000_000.0, "source": "udp:192.0.2.7:5060"},
            common | {"event": "attempt", "time": 1_800_000_001.0, "n": 1, "target": "telco"},
            common | {"event": "failed", "time": 1_800_000_002.0, "n": 1, "code": 503, "reason": "\x1b[2J[red]Bad"},
            common | {"event": "finish", "time": 1_800_000_003.0, "code": 503, "reason": "Service Unavailable"},
        ],
        1,
    )
    return common["call"]


def test_calls_are_listed_and_shown_with_their_attempts(run, ask, call):
    assert [found["uid"] for found in ask("calls", "list", "--account", "acme", "--outcome", "failed")] == [call]
    assert ask("calls", "list", "--since", "2030-01-01") == []
    for call_id in ("x@pbx", "t.xyz"):
        assert [found["uid"] for found in ask("calls", "list", "--call-id", call_id)] == [call]
    assert ask("calls", "list", "--call-id", "x") == ask("calls", "list", "--call-id", "x@pbx", "--since", "2030-01-01")
    assert ask("calls", "list", "--number", "+33123456789", "--until", "2030-01-01T00:00Z")[0]["code"] == 503
    assert ask("calls", "show", call)["attempts"][0]["target"] == "telco"
    timeline = run("calls", "show", call).out
    assert "+1.000   trunkline   tries telco" in timeline
    assert "\nfault        the receiving carrier's or PBX's: telco said 503" in timeline
    shown = ask("calls", "show", call)
    assert shown["fault"] == "target"
    assert shown["verdict"].startswith("the receiving carrier's or PBX's: telco said 503")
    assert shown["advice"]
    assert " target " in run("calls", "list").out
    rows = list(csv.DictReader(io.StringIO(run("calls", "list", "--csv").out)))
    assert (rows[0]["uid"], rows[0]["started"]) == (call, "2027-01-15T08:00:00Z")


@pytest.fixture
def open_calls(acme):
    """Calls of acme: one that is up on this node, one on another, and one that rings."""
    from trunkline.control.feed import DatabaseSink

    facts = {"event": "setup", "direction": "outbound", "account": "acme", "time": 1_800_000_000.0}
    for node, *calls in (("node1", "aa", "cc"), ("node2", "bb")):
        setups = [facts | {"node": node, "call": call} for call in calls]
        DatabaseSink().store(node, "f", [*setups, setups[0] | {"event": "answer"}], 1)


def test_calls_that_are_up_on_this_node_are_ended(run, ask, open_calls, home_folder, monkeypatch):
    (home_folder / "run").mkdir()
    taken = []

    def clear(seconds):  # the part `clear`, as the command waits for it
        taken.extend(orders.wanted(home_folder / "run" / "endings"))
        orders.forget(home_folder / "run" / "endings", taken)

    monkeypatch.setattr(ending.time, "sleep", clear)
    ran = run("calls", "end", "--account", "acme")
    assert (ran.status, sorted(taken)) == (1, ["aa", "cc"])
    unheard = "1 call is up on node2: that node is not heard, so it cannot end them.\n"
    assert ran.out == f"2 calls are being ended.\n{unheard}"
    assert ask("calls", "end", "aa", "aa") == {"ending": ["aa"], "unheard": {}, "over": []}
    monkeypatch.setattr(ending, "PATIENCE", 0)
    monkeypatch.setattr(ending.time, "sleep", lambda seconds: None)
    ran = run("calls", "end", "aa")
    assert (ran.status, "part `clear` does not run" in ran.err) == (1, True)
    assert orders.wanted(home_folder / "run" / "endings") == []
    assert "end --account acme` ends them" in run("account", "disable", "acme").out


def test_a_part_that_takes_many_by_portions_is_waited_for(ask, open_calls, home_folder, monkeypatch):
    (home_folder / "run").mkdir()
    passed = [0.0]

    def clear(seconds):
        passed[0] += ending.PATIENCE - 1
        orders.forget(home_folder / "run" / "endings", orders.wanted(home_folder / "run" / "endings")[:1])

    monkeypatch.setattr(ending.time, "sleep", clear)
    monkeypatch.setattr(ending.time, "monotonic", lambda: passed[0])
    assert ask("calls", "end", "aa", "cc")["ending"] == ["aa", "cc"]


def test_it_has_to_be_said_which_calls_are_to_end(run, ask, call):
    assert run("calls", "end").status == run("calls", "end", call, "--account", "acme").status == 1
    assert run("calls", "end", call).out == "1 call is over.\n"
    assert run("calls", "end", "--account", "acme").out == "No call is up.\n"


def test_what_strangers_wrote_cannot_give_orders_to_the_terminal(run, call):
    assert "\ufffd[2J[red]Bad" in run("calls", "show", call).out


@pytest.mark.parametrize("when", ["yesterday", "9999999d", "999999d", "9999-12-31T23:59-23:00", "2026-13-01", ""])
def test_a_time_that_is_none_is_refused_with_an_example(run, when):
    ran = run("calls", "list", "--since", when)
    assert (ran.status, "write 2026-01-31" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [("list", "--call-id", "\udcff"), ("end", "x", "\udcff"), ("end", "--account", "\udcff"), ("show", "\udcff")],
)
def test_words_that_are_not_utf_8_are_refused(run, words):
    ran = run("calls", *words)
    assert (ran.status, "is not UTF-8" in ran.err) == (1, True)


def test_a_list_of_calls_that_is_not_whole_says_so(run, ask, call):
    from trunkline.control.feed import DatabaseSink

    second = {
        "node": "node1",
        "call": "c0ffee0000000002",
        "call_id": "y@pbx",
        "account": "acme",
        "time": 1_800_000_009.0,
    }
    DatabaseSink().store("node1", "f", [second | {"event": "setup", "direction": "outbound"}], 2)
    assert len(ask("calls", "list", "--limit", "2")) == 2
    assert run("calls", "list", "--limit", "2").err == ""
    ran = run("calls", "list", "--limit", "1", as_json=True)
    assert [found["uid"] for found in ran.document] == ["c0ffee0000000002"]
    assert ran.err == "These are the newest 1; see more with --limit.\n"


def test_a_list_of_calls_says_whether_there_is_none_or_none_such(run):
    assert run("calls", "list").out == "There is no call yet.\n"
    assert run("calls", "list", "--number", "33123456789").out == "There is no such call.\n"


def test_a_refused_call_is_found_by_its_number_however_the_caller_wrote_it(ask, acme):
    from trunkline.control.feed import DatabaseSink

    facts = {"event": "reject", "time": 1_800_000_000.0, "node": "node1", "direction": "inbound", "code": 480}
    said = {"caller": "0033123456789", "called": "+44 7700 900000", "call": "c0ffee0000000003"}
    DatabaseSink().store("node1", "f", [facts | said], 1)
    (found,) = ask("calls", "list", "--number", "447700900000")
    assert (found["caller"], found["called"]) == ("33123456789", "447700900000")


def test_a_call_that_the_service_ended_names_it_as_its_steps_do(run, ask, acme):
    from trunkline.control.feed import DatabaseSink

    facts = {"time": 1_800_000_000.0, "node": "node1", "call": "c0ffee0000000009"}
    events = [facts | {"event": "setup", "direction": "outbound", "account": "acme"}, facts | {"event": "answer"},
              facts | {"event": "end", "by": "edge", "reason": "too long"}]  # fmt: skip
    DatabaseSink().store("node1", "f", events, 1)
    said = run("calls", "show", "c0ffee0000000009").out
    assert "hung up by  trunkline\n" in said
    assert "edge" not in said
    assert ask("calls", "show", "c0ffee0000000009")["hung_up_by"] == "edge"
