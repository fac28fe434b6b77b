"""Every error has one form, and every command that is named can be typed."""

import click
import pytest

from trunkline.cli import saying


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("number", "add"), "missing argument 'NUMBER'."),
        (("number", "list", "--limit", "-1"), "'-1' cannot be: write a whole number from 0 to 2147483647."),
        (("number", "list", "--limit", "x"), "invalid value for '--limit': 'x' cannot be: write a whole number from 0"),
        (("logs", "--lines", "1.5"), "'1.5' cannot be: write a whole number from 0."),
        (("route", "set", "x"), "invalid value for 'ID': 'x' cannot be: write a whole number."),
        (("endpoint", "set", "eu", "--latitude", "N51"), "'N51' cannot be: write degrees like 51.5074."),
        (("endpoint", "set", "eu", "--longitude", "nan"), "'nan' cannot be: write degrees like 51.5074."),
        (("user", "set-role", "ann", "boss"), "invalid value for 'ROLE': 'boss' is not one of 'owner', 'member'."),
        (("user", "set-role", "ann"), "missing argument 'ROLE'. Choose from: owner, member."),
        (("number", "list", "--limt", "1"), "no such option '--limt'. Did you mean '--limit'?\n"),
        (("number", "lst"), "no such command 'lst'. (Did you mean one of: 'list', 'set'?)\n"),
        (("number", "show", "1", "2"), "got unexpected extra argument (2)."),
        (("nmber",), "no such command 'nmber'. Did you mean 'number'?\n"),
        (("number", "import", "/nothing"), "'/nothing': No such file or directory"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_so_below_its_usage(run, words, said):
    ran = run(*words)
    usage, hint, empty, error = ran.err.splitlines()
    assert (ran.status, ran.out, empty) == (2, "", "")
    assert usage.startswith("Usage: trunkline")
    assert hint.startswith("Try 'trunkline")
    assert error.startswith("trunkline: ")
    assert said in f"{error}\n"


@pytest.mark.parametrize("words", [("logs", "nothing"), ("check",), ("account", "show", "nobody")])
def test_an_error_is_a_sentence_of_ours(run, words):
    ran = run(*words)
    assert (ran.status, ran.out) == (1, "")
    assert (ran.err[:11], ran.err[-2:], "Error" in ran.err) == ("trunkline: ", ".\n", False)


def test_a_wrong_setting_is_such_a_sentence(run, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_SIP__PORT", "0")
    for words in (("status",), ("account", "list")):
        ran = run(*words)
        assert (ran.status, ran.err[:11], "sip.port" in ran.err) == (1, "trunkline: ", True)


def test_ctrl_c_is_told(run, monkeypatch):
    monkeypatch.setattr("trunkline.settings.load", interrupted)
    ran = run("status")
    assert (ran.status, ran.err) == (1, "\ntrunkline: interrupted.\n")


def interrupted():
    raise KeyboardInterrupt


def test_a_group_without_a_command_lists_them(run):
    ran = run("number")
    assert (ran.status, "available  Search the inventory" in ran.err, "trunkline: " in ran.err) == (2, True, False)


@pytest.mark.parametrize(
    ("group", "listed"),
    [
        ((), "carrier Carriers: where calls to the telephone network go, and where calls from it come in. route"),
        (("account",), "and every change by its users and programs. enable"),
        (("node",), "join Make this machine the node that FILE invites: its settings, secrets and certificate"),
    ],
)
def test_a_list_of_commands_has_a_whole_sentence_for_each(run, group, listed):
    assert listed in " ".join(run(*group, "--help").out.split())


def test_commands_are_named_as_they_are_typed(run, monkeypatch):
    monkeypatch.setenv(saying.TYPED, "sudo ./trunkline")
    assert run("account", "list").out == "There is no account. Make one with: sudo ./trunkline account add NAME\n"
    assert "see `sudo ./trunkline account list`, or" in run("account", "show", "nobody").err
    assert "see `sudo ./trunkline account list`, or" in run("account", "show", "nobody", as_json=True).document["error"]
    assert run("status").out.endswith("Start it with `sudo ./trunkline up`.\n")


@pytest.mark.parametrize("text", ["trunkline.toml", "sip.trunkline.internal", "the trunkline service", "`trunkline`"])
def test_what_is_no_command_stays(monkeypatch, text):
    monkeypatch.setenv(saying.TYPED, "./trunkline")
    assert saying.typeable(text) == text


def test_a_sentence_that_has_its_end_gets_no_other(capsys):
    for text in ("it is so.", "it is so"):
        saying.complain(click.ClickException(text))
    assert capsys.readouterr().err == "trunkline: it is so.\n" * 2
