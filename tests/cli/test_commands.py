"""Commands in general, how they fail, and those of carriers and routes."""

import json
import shutil
import stat

import pytest


def test_commands_work_before_anything_was_started(run, home_folder):
    shutil.rmtree(home_folder)
    assert run("account", "list").out == "There is no account. Make one with: trunkline account add NAME\n"
    assert stat.S_IMODE((home_folder / "control.db").stat().st_mode) == 0o600


def test_a_password_comes_from_standard_input_and_is_never_printed(run, ask):
    made = ask("carrier", "add", "telco", "192.0.2.1", "--username", "u", "--password-stdin", stdin="hush\n")
    assert (made["has_password"], made["username"]) == (True, "u")
    assert "hush" not in run("carrier", "show", "telco").out + run("carrier", "list").out
    from trunkline.control import services

    assert services.carriers.get("telco").password == "hush"


def test_a_password_is_not_waited_for_where_nobody_can_type_it(run):
    ran = run("carrier", "add", "telco", "192.0.2.1", "--username", "u", as_json=True)
    assert (ran.status, "--password-stdin" in ran.document["error"]) == (1, True)


@pytest.mark.parametrize(
    ("options", "stdin", "said"),
    [
        (("--password-stdin",), "hush\n", "say --username NAME too"),
        (("--password-prompt",), "", "say --username NAME too"),
        (("--username", "u", "--password-stdin"), "\n", "standard input has no password"),
        (("--username", "u", "--password-stdin"), b"h\xfcsh\n", "the password on standard input is not UTF-8"),
    ],
)
def test_half_of_the_credentials_are_asked_for_the_other_half(run, ask, options, stdin, said):
    ran = run("carrier", "add", "telco", "192.0.2.1", *options, stdin=stdin)
    assert (ran.status, said in ran.err) == (1, True)
    assert ask("carrier", "list") == []


def test_carriers_and_routes(run, ask, acme):
    changed = ask("carrier", "set", "telco", "--port", "5080", "--strip", "2", "--add-source", "203.0.113.0/24")
    assert (changed["port"], changed["sources"]) == (5080, ["198.51.100.0/28", "203.0.113.0/24"])
    assert [route["share"] for route in ask("route", "which", "+447700900000")] == [1.0]
    assert "100%" in run("route", "which", "+447700900000").out
    assert "No carrier" in run("route", "which", "+33123456789").out
    refused = run("carrier", "remove", "telco", as_json=True).document["error"]
    assert refused.startswith("carrier 'telco' is in routes: remove them first with `trunkline route remove ID` (")
    assert ask("carrier", "disable", "telco")["enabled"] is False
    assert "telco (disabled)" in run("route", "list").out
    assert "are refused: the carriers of its routes are disabled (telco)" in run("route", "which", "+447700900000").out
    assert ask("carrier", "enable", "telco")["enabled"] is True
    assert [route["prefix"] for route in ask("carrier", "show", "telco")["routes"]] == ["44"]
    assert ask("route", "remove", str(ask("route", "list")[0]["id"]))["removed"]["carrier"] == "telco"
    assert ask("carrier", "remove", "telco") == {"removed": "telco"}


def test_a_port_that_dns_says_is_shown_as_none(run, ask, acme):
    assert ask("carrier", "show", "telco")["port"] == 0
    assert "\nport          -\n" in run("carrier", "show", "telco").out
    row = run("carrier", "list").out.splitlines()[-1].split()
    assert row[:4] == ["telco", "yes", "telco.example", "-"]


@pytest.mark.parametrize(("typed", "meant"), [("acount", "account"), ("nmber", "number"), ("statsu", "status")])
def test_a_command_that_is_mistyped_is_answered_with_the_one_that_was_meant(run, typed, meant):
    ran = run(typed, "list")
    assert (ran.status, f"no such command '{typed}'. Did you mean '{meant}'?" in ran.err) == (2, True), ran.err


def test_a_kind_that_no_change_is_of_is_answered_with_those_that_there_are(run, acme):
    ran = run("audit", "list", "--kind", "acount")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("trunkline: there is no kind 'acount': write one of account, carrier, ")
    assert "account acme" in run("audit", "list", "--kind", "account").out


def test_a_list_that_is_not_whole_says_so_however_it_is_printed(run, ask, acme):
    said = "These are the newest 1; see more with --limit.\n"
    assert len(ask("audit", "list")) > 1
    assert run("audit", "list", "--limit", "1").out.endswith(said)
    ran = run("audit", "list", "--limit", "1", as_json=True)
    assert (len(ran.document), ran.err) == (1, said)
    ran = run("audit", "list", "--limit", "1", "--csv")
    assert (len(ran.out.splitlines()), ran.err) == (2, said)
    assert run("audit", "list").err == ""


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
