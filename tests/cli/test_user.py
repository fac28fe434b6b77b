"""`trunkline user`"""

import pytest


@pytest.fixture
def acme(ask):
    return ask("account", "add", "acme")


def test_a_user_is_made_with_a_password_that_is_printed_once(ask, run, acme):
    made = ask("user", "add", "Alice@acme.example", "--account", "acme")
    assert (made["name"], made["account"], made["role"]) == ("alice@acme.example", "acme", "owner")
    assert len(made["password"]) == 20
    [listed] = ask("user", "list")
    assert "password" not in listed
    assert listed["signed_in"] is None
    assert made["password"] not in run("user", "list").out
    assert "It is shown only this once" in run("user", "add", "bob", "--account", "acme", "--role", "member").out


def test_an_account_has_an_owner_first_and_then_members(ask, run, acme):
    said = [run("user", "add", name, "--account", "acme").out for name in ("ann", "ben")]
    assert ("User ann is an owner of" in said[0], "User ben is a member of" in said[1]) == (True, True)
    assert ask("user", "add", "eve", "--account", "acme", "--role", "owner")["role"] == "owner"


def test_an_operator_has_no_account(ask, run, acme):
    assert ask("user", "add", "op", "--operator")["account"] is None
    assert "op  is an operator" in run("user", "add", "op2", "--operator").out.replace("User op2", "op ")
    for words in (["user", "add", "x"], ["user", "add", "x", "--operator", "--account", "acme"]):
        ran = run(*words)
        assert ran.status == 1
        assert "say either --account NAME or --operator" in ran.err


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["user", "add", "a b", "--account", "acme"], "", "cannot be the name of a user"),
        (["user", "add", "alice", "--account", "nobody"], "", "there is no account 'nobody'"),
        (["user", "add", "alice", "--account", "acme", "--password-stdin"], "short\n", "at least 12 characters"),
        (["user", "add", "alice", "--account", "acme", "--password-stdin"], "", "standard input has no password"),
        (["user", "add", "alice@acme.ex", "--account", "acme", "--password-stdin"], "alice@acme.ex\n", "similar"),
        (["user", "add", "alice", "--account", "acme", "--password-prompt"], "", "and say --password-stdin"),
        (["user", "add", "alice", "--operator", "--role", "owner"], "", "an operator has no role"),
        (["user", "set-password", "nobody"], "", "there is no user 'nobody'"),
    ],
)
def test_what_cannot_be_is_said(run, acme, words, stdin, said):
    ran = run(*words, stdin=stdin)
    assert ran.status == 1
    assert said in ran.err


def test_a_name_is_taken_once(ask, run, acme):
    ask("user", "add", "alice", "--account", "acme")
    assert "already a user 'alice'" in run("user", "add", "ALICE", "--operator").err


def test_a_user_changes_and_goes(ask, run, acme):
    first = ask("user", "add", "alice", "--account", "acme")["password"]
    assert ask("user", "set-password", "alice")["password"] != first
    assert "password" not in ask("user", "set-password", "alice", "--password-stdin", stdin="a sentence of mine\n")
    assert ask("user", "set-role", "alice", "member")["role"] == "member"
    assert ask("user", "disable", "alice")["enabled"] is False
    assert ask("user", "enable", "alice")["enabled"] is True
    ask("user", "add", "op", "--operator")
    refused = run("user", "set-role", "op", "owner")
    assert (refused.status, refused.err.startswith("trunkline: 'op' is an operator, ")) == (1, True)
    assert "`trunkline user add NAME --account ACCOUNT" in refused.err
    assert [user["role"] for user in ask("user", "list") if user["name"] == "op"] == ["operator"]
    assert run("account", "show", "acme").status == 0
    assert ask("user", "remove", "alice") == {"removed": "alice"}
    assert [user["name"] for user in ask("user", "list")] == ["op"]
