"""What a key may do by its scope: one that is stolen from a PBX never comes to more than it had."""

import pytest

from api.conftest import Program, basic, problem


@pytest.fixture
def made(cast, services):
    """`made(scope)`: a key of the owner's and a program that has it."""

    def make(scope: str):
        key, secret = services.keys.create(cast.owner, scope)
        return key, Program(basic(key.name, secret))

    return make


def test_a_key_for_calls_is_refused_by_both_apis(made):
    _, program = made("calls")
    told = problem(program.ask("GET", "account"), 403, "scope-too-narrow")
    assert "takes a key of scope 'manage', and this one has 'calls'" in told["detail"]
    answer = program.ask("GET", "/account/numbers")
    assert (answer.status_code, answer.json()["error-code"]) == (403, "403")


@pytest.mark.parametrize("path", ["users", "audit", "users/nobody@acme.example"])
def test_people_and_the_log_take_an_owners_key(made, owner, path):
    problem(owner.ask("GET", path), 403, "scope-too-narrow")
    assert made("owner")[1].ask("GET", path).status_code in (200, 404)


def test_no_key_comes_to_more_than_it_has(made, owner, services, cast):
    wide, _ = made("owner")
    narrow, _ = made("calls")
    problem(owner.ask("POST", "keys", {"scope": "owner"}), 403, "scope-too-narrow")
    problem(owner.ask("POST", f"keys/{wide}/secrets"), 403, "scope-too-narrow")
    problem(owner.ask("DELETE", f"keys/{wide}/secrets/1"), 403, "scope-too-narrow")
    problem(owner.ask("PATCH", f"keys/{wide}", {"enabled": False}), 403, "scope-too-narrow")
    problem(owner.ask("PATCH", f"keys/{cast.key}", {"scope": "owner"}), 422, "invalid")
    assert owner.ask("PATCH", f"keys/{narrow}", {"scope": "manage"}).json()["scope"] == "manage"
    assert [key.scope for key in services.keys.listing(cast.owner).order_by("pk")] == ["manage", "owner", "manage"]


def test_the_scope_of_a_key_is_said_when_it_is_made(owner, made, services):
    assert owner.ask("POST", "keys").json()["scope"] == "manage"
    assert owner.ask("POST", "keys", {"scope": "calls"}).json()["scope"] == "calls"
    problem(owner.ask("POST", "keys", {"scope": "all"}), 422, "invalid")
    key, program = made("owner")
    assert program.ask("POST", "keys", {"scope": "owner"}).json()["scope"] == "owner"
    told = problem(program.ask("PATCH", f"keys/{key}", {"scope": "manage"}), 409, "conflict")
    assert "given only when a key is made" in told["detail"]


def test_nobody_narrows_the_key_that_it_asks_with(owner, cast, services):
    problem(owner.ask("PATCH", f"keys/{cast.key}", {"scope": "calls"}), 409, "conflict")
    assert services.keys.get(cast.key.name).scope == "manage"


def test_an_owners_key_is_no_pbxs(made, services, cast):
    """Neither at the edge, nor in a configuration, nor as what a number is forwarded to."""
    from django.db import DEFAULT_DB_ALIAS

    from trunkline.control.feed import rows

    wide, program = made("owner")
    assert rows.entity("key", wide.pk, DEFAULT_DB_ALIAS) == {}
    assert rows.entity("key", cast.key.pk, DEFAULT_DB_ALIAS)["credential"]
    assert services.pbx.trunk(cast.owner).key == cast.key.name  # though there are two
    told = problem(program.ask("GET", f"pbx/asterisk/configuration?key={wide}"), 422, "invalid")
    assert "a PBX needs another key" in told["detail"]
    to = {"forward": f"sip:{wide}@sip.trunk.example"}
    assert "no key" in problem(program.ask("PUT", "numbers/447700900001/forward", to), 422, "invalid")["detail"]


def test_a_list_is_checked_without_being_written(owner, services):
    answer = owner.ask("POST", "numbers/447700900001/forward/check", {"forward": "sip:a@b.example;timeout=2000"})
    assert answer.json()["targets"][0]["timeout_ms"] == 2000
    told = problem(owner.ask("POST", "numbers/447700900001/forward/check", {"forward": "a"}), 422, "invalid")
    assert told["entry"] == 1
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
