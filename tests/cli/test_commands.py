"""The commands over the services: what they print, and how they fail."""

import csv
import io
import json
import shutil
import stat

import pytest


@pytest.fixture
def acme(ask):
    """An account with a key, a number, a carrier and a route; the value is the key as JSON."""
    ask("account", "add", "acme")
    ask("number", "add", "+447700900000", "--account", "acme", "--forward", "sip:a@b.example")
    ask("carrier", "add", "telco", "telco.example", "--source", "198.51.100.0/28")
    ask("route", "add", "44", "telco")
    return ask("key", "add", "acme")


@pytest.fixture
def call(acme):
    """The record of a call of acme's."""
    from trunkline.control.feed import DatabaseSink

    common = {"node": "node1", "call": "c0ffee0000000001"}
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


def test_commands_work_before_anything_was_started(run, home_folder):
    shutil.rmtree(home_folder)
    assert run("account", "list").out == "There is no account. Make one with: trunkline account add NAME\n"
    assert stat.S_IMODE((home_folder / "control.db").stat().st_mode) == 0o600


def test_an_account_is_made_shown_changed_and_disabled(run, ask, acme):
    changed = ask(
        *("account", "set", "acme", "--caller-id", "owned", "--destinations", "44,1", "--calls-at-once", "0"),
        *("--add-source", "192.0.2.7", "--add-source", "192.0.2.8:5080"),
    )
    assert (changed["caller_id"], changed["destinations"], changed["calls_at_once"]) == ("owned", ["1", "44"], 0)
    assert ask("account", "set", "acme", "--destinations", "", "--remove-source", "192.0.2.7") | {"created": ""} == {
        **changed,
        "destinations": [],
        "sources": ["192.0.2.8:5080"],
        "created": "",
    }
    assert ask("account", "disable", "acme")["enabled"] is False
    shown = ask("account", "show", "acme")
    assert (shown["enabled"], shown["numbers"], shown["keys"][0]["key"]) == (False, 1, acme["key"])
    assert ask("account", "enable", "acme")["enabled"] is True
    assert [account["name"] for account in ask("account", "list")] == ["acme"]
    assert acme["key"] in run("account", "show", "acme").out


def test_srtp_is_set_and_what_it_needs_is_said(run, ask, acme):
    ran = run("account", "set", "acme", "--srtp", "required")
    assert "have its PBX use TLS" in ran.out
    assert ask("account", "show", "acme")["srtp"] == "required"
    assert "TLS" not in run("account", "set", "acme", "--srtp", "accepted").out
    ran = run("number", "forward", "447700900000", "sip:a@b.example;media=srtp")
    assert ran.out.splitlines()[-1].startswith("Warning: entry 1: the keys of its SRTP travel readable")
    assert "Warning: entry 1" in run("number", "show", "447700900000").out
    assert run("account", "set", "acme", "--srtp", "never").status == 2


def test_a_change_that_fails_half_way_changes_nothing(run, ask, acme):
    ran = run("account", "set", "acme", "--calls-at-once", "5", "--remove-source", "192.0.2.1")
    assert ran.status == 1
    assert ask("account", "show", "acme")["calls_at_once"] == 100


def test_a_secret_is_printed_once(run, ask, acme):
    assert acme["secret"] not in str(ask("key", "list"))
    ran = run("key", "rotate", acme["key"])
    assert "shown this once" in ran.out
    assert f"The earlier one, in slot 1, stays valid until: trunkline key retire {acme['key']} 1\n" in ran.out
    assert (
        run("key", "rotate", acme["key"], as_json=True).document["error"].startswith(f"key {acme['key']} has two live")
    )
    assert [secret["slot"] for secret in ask("key", "retire", acme["key"], "1")["secrets"]] == [2]
    assert ask("key", "disable", acme["key"])["enabled"] is False
    assert ask("key", "enable", acme["key"])["enabled"] is True
    assert ask("key", "list", "--account", "acme")[0]["key"] == acme["key"]


def test_a_key_comes_with_all_that_a_pbx_is_configured_with(run, acme, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_SIP__ADDRESS", "192.0.2.5")
    monkeypatch.setenv("TRUNKLINE_SIP__ADVERTISED", "2001:db8::5")
    monkeypatch.setenv("TRUNKLINE_SIP__TLS_PORT", "5071")
    made = run("key", "add", "acme", as_json=True).document
    assert (made["domain"], made["address"], made["tls_port"]) == ("sip.trunkline.internal", "2001:db8::5", 5071)
    said = run("key", "add", "acme").out
    assert "server   [2001:db8::5]:5060 (UDP, TCP), 5071 (TLS)\nrealm    sip.trunkline.internal\n" in said


def test_numbers(run, ask, acme):
    forwarded = ask("number", "forward", "447700900000", "sip:a@b.example;timeout=2000,sip:c@d.example;transport=tls")
    assert [target["timeout_ms"] for target in forwarded["targets"]] == [2000, 5000]
    assert "sip:c@d.example" in run("number", "show", "+44 7700 900000").out
    assert ask("number", "assign", "+447700900000", "--inventory")["account"] is None
    assert ask("number", "list", "--account", "acme") == []
    assert [number["number"] for number in ask("number", "list", "--unassigned", "--prefix", "44")] == ["+447700900000"]
    assert ask("number", "assign", "+447700900000", "--account", "acme")["account"] == "acme"
    assert ask("number", "remove", "+447700900000") == {"removed": "+447700900000"}


def test_a_long_list_of_numbers_is_cut_and_says_so(run, ask, acme):
    ask("number", "add", "+447700900001")
    assert run("number", "list", "--limit", "1").out.endswith("These are 1 of 2; see more with --limit.\n")
    assert len(ask("number", "list", "--limit", "0")) == 2


def test_an_import_is_all_or_nothing_and_names_each_line(run, ask, acme):
    table = (
        "number,account,forward\n+331,acme,\n\n"
        '+33123456789,acme,"sip:a@b.example,sip:c@d.example"\n+33123456780,a,b,c\n'
    )
    ran = run("number", "import", "-", stdin=table, as_json=True)
    assert ran.status == 1
    assert [(problem["line"], problem["number"]) for problem in ran.document["problems"]] == [
        (2, "+331"),
        (5, "+33123456780"),
    ]
    one = "number\n+331\n"
    assert "1 line has an error" in run("number", "import", "-", stdin=one).out
    assert "'+331' is not an E.164 number" in run("number", "import", "-", stdin=table).out
    good = "\ufeffNumber,Account\n+33123456789,acme\n+33123456780\n"
    assert (
        run("number", "import", "-", "--dry-run", stdin=good).out == "It would be: 2 added, 0 updated, 0 unchanged.\n"
    )
    assert ask("number", "import", "-", stdin=good) == {"added": 2, "updated": 0, "unchanged": 0, "dry_run": False}
    changed = "number,forward\n33123456780,sip:x@y.example\n"
    assert run("number", "import", "-", stdin=changed).status == 1
    assert ask("number", "import", "-", "--update", stdin=changed)["updated"] == 1


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        (b"", "must name its columns"),
        (b"phone,account\n1,2\n", "must name its columns"),
        (b"number,number\n", "must name its columns"),
        (b'number\n"33123456789\n', "not CSV"),
        (b"number\n\xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(run, tmp_path, table, hint):
    file = tmp_path / "numbers.csv"
    file.write_bytes(table)
    ran = run("number", "import", str(file), as_json=True)
    assert ran.status == 1
    assert hint in ran.document["error"]


def test_a_password_comes_from_standard_input_and_is_never_printed(run, ask):
    made = ask("carrier", "add", "telco", "192.0.2.1", "--username", "u", "--password-stdin", stdin="hush\n")
    assert (made["has_password"], made["username"]) == (True, "u")
    assert "hush" not in run("carrier", "show", "telco").out + run("carrier", "list").out
    from trunkline.control import services

    assert services.carriers.get("telco").password == "hush"


def test_a_password_is_not_waited_for_where_nobody_can_type_it(run):
    ran = run("carrier", "add", "telco", "192.0.2.1", "--username", "u", as_json=True)
    assert (ran.status, "--password-stdin" in ran.document["error"]) == (1, True)


def test_carriers_and_routes(run, ask, acme):
    changed = ask("carrier", "set", "telco", "--port", "5080", "--strip", "2", "--add-source", "203.0.113.0/24")
    assert (changed["port"], changed["sources"]) == (5080, ["198.51.100.0/28", "203.0.113.0/24"])
    assert [route["share"] for route in ask("route", "which", "+447700900000")] == [1.0]
    assert "100%" in run("route", "which", "+447700900000").out
    assert "No carrier" in run("route", "which", "+33123456789").out
    assert "route remove ID" in run("carrier", "remove", "telco", as_json=True).document["error"]
    assert ask("carrier", "disable", "telco")["enabled"] is False
    assert "telco (disabled)" in run("route", "list").out
    assert "are disabled (telco): its calls are refused" in run("route", "which", "+447700900000").out
    assert ask("carrier", "enable", "telco")["enabled"] is True
    assert [route["prefix"] for route in ask("carrier", "show", "telco")["routes"]] == ["44"]
    assert ask("route", "remove", str(ask("route", "list")[0]["id"]))["removed"]["carrier"] == "telco"
    assert ask("carrier", "remove", "telco") == {"removed": "telco"}


def test_calls_are_listed_and_shown_with_their_attempts(run, ask, call):
    assert [found["uid"] for found in ask("calls", "list", "--account", "acme", "--outcome", "failed")] == [call]
    assert ask("calls", "list", "--since", "2030-01-01") == []
    assert ask("calls", "list", "--number", "+33123456789", "--until", "2030-01-01T00:00Z")[0]["code"] == 503
    assert ask("calls", "show", call)["attempts"][0]["target"] == "telco"
    timeline = run("calls", "show", call).out
    assert "+1.000   trunkline   tries telco" in timeline
    assert "\nfault       the carrier's or PBX's that the call was sent to: telco said 503" in timeline
    assert ask("calls", "show", call)["fault"] == "target"
    assert " target " in run("calls", "list").out
    rows = list(csv.DictReader(io.StringIO(run("calls", "list", "--csv").out)))
    assert (rows[0]["uid"], rows[0]["started"]) == (call, "2027-01-15T08:00:00Z")


def test_what_strangers_wrote_is_no_formula_in_a_spreadsheet(run, acme):
    from trunkline.control.feed import DatabaseSink

    facts = {"event": "reject", "time": 1_800_000_000.0, "node": "node1", "direction": "outbound", "account": "acme"}
    said = {"caller": '=HYPERLINK("http://x.example")', "called": "@SUM(1)", "source": "udp:192.0.2.7:5060"}
    event = facts | said | {"call": "c0ffee0000000002", "code": 403, "reason": "Forbidden", "warning": "-1, 'x'"}
    DatabaseSink().store("node1", "f", [event], 1)
    (row,) = csv.DictReader(io.StringIO(run("calls", "list", "--csv").out))
    shown = [row[name] for name in ("caller", "called", "warning", "source", "code")]
    assert shown == ['\'=HYPERLINK("http://x.example")', "'@SUM(1)", "'-1, 'x'", "udp:192.0.2.7:5060", "403"]


def test_what_strangers_wrote_cannot_give_orders_to_the_terminal(run, call):
    assert "\ufffd[2J[red]Bad" in run("calls", "show", call).out


@pytest.mark.parametrize("when", ["yesterday", "9999999d", "999999d", "9999-12-31T23:59-23:00", "2026-13-01", ""])
def test_a_time_that_is_none_is_refused_with_an_example(run, when):
    ran = run("calls", "list", "--since", when)
    assert (ran.status, "write 2026-01-31" in ran.err) == (2, True)


def test_a_limit_beyond_what_a_database_counts_is_refused(run):
    for group in ("calls", "number"):
        ran = run(group, "list", "--limit", str(2**64))
        assert (ran.status, "is not in the range" in ran.err) == (2, True)


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


def test_an_error_is_a_sentence_or_a_document(run):
    ran = run("account", "show", "nobody")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("trunkline: there is no account 'nobody': ")
    ran = run("account", "show", "nobody", as_json=True)
    assert (ran.status, list(ran.document), ran.err) == (1, ["error"], "")


def test_a_wrong_setting_is_named(run, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_SIP__PORT", "0")
    assert "sip.port" in run("account", "list", as_json=True).document["error"]


def test_an_unreachable_database_is_named(run, monkeypatch, tmp_path):
    monkeypatch.setenv("TRUNKLINE_DATABASE__URL", f"postgresql://me:hush@/x?host={tmp_path}")
    error = run("account", "list", as_json=True).document["error"]
    assert error.startswith("PostgreSQL database 'x'")
    assert "hush" not in error


def test_the_inventory_is_searched_and_priced(run, ask, acme):
    ask("number", "add", "+442079460001", "--monthly-cost", "1.25")
    assert ask("number", "set", "442079460001", "--monthly-cost", "2")["monthly_cost"] == "2.00"
    [found] = ask("number", "available", "--country", "GB", "--kind", "landline", "--digits", "0001", "--at", "ends")
    assert (found["number"], found["country"], found["kind"]) == ("+442079460001", "GB", "landline")
    assert ask("account", "set", "acme", "--numbers-at-most", "0")["numbers_at_most"] == 0
    assert ask("number", "available", "--account", "acme") == []
    assert "no such number in the inventory" in run("number", "available", "--country", "FR").out


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("account", "set", "acme"), "--calls-at-once"),
        (("carrier", "set", "telco"), "--host"),
        (("route", "set", "1"), "--priority"),
        (("endpoint", "set", "eu"), "--host"),
    ],
)
def test_a_change_that_changes_nothing_is_asked_what_it_should(run, words, option):
    ran = run(*words)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("trunkline: say what is to change: --")
    assert option in ran.err
    assert "--json" not in ran.err
    assert "say what is to change" in json.loads(run(*words, "--json").out)["error"]


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


def test_the_scope_of_a_key(run, ask, acme):
    key = ask("key", "add", "acme", "--scope", "calls")
    assert ask("key", "set-scope", key["key"], "manage")["scope"] == "manage"
    wide = ask("key", "add", "acme", "--scope", "owner")
    assert wide["scope"] == "owner"
    assert "said when it is made" in run("key", "set-scope", wide["key"], "calls").err
    assert {one["scope"] for one in ask("key", "list", "--account", "acme")} == {"manage", "owner"}
