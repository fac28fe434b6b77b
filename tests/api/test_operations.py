"""Every operation: by a stranger, by nobody, and in the document that describes it."""

import re
from html import escape

import pytest

from api.conftest import Program, basic, problem

# Of the account's own things: method, path, body. `{key}` and `{source}` are the owner's.
OWN = {
    "get_number": ("GET", "numbers/447700900001", None),
    "release_number": ("DELETE", "numbers/447700900001", None),
    "forward_number": ("PUT", "numbers/447700900001/forward", {"forward": "sip:taken@evil.example"}),
    "check_forward": ("POST", "numbers/447700900001/forward/check", {"forward": "sip:taken@evil.example"}),
    "begin_trial": ("POST", "numbers/447700900001/trials", {"kind": "call"}),
    "get_trial": ("GET", "trials/{trial}", None),
    "get_key": ("GET", "keys/{key}", None),
    "change_key": ("PATCH", "keys/{key}", {"enabled": False}),
    "rotate_key": ("POST", "keys/{key}/secrets", None),
    "retire_secret": ("DELETE", "keys/{key}/secrets/1", None),
    "remove_source": ("DELETE", "sources/{source}", None),
    "get_call": ("GET", "calls/c1", None),
    "get_user": ("GET", "users/ann@acme.example", None),
    "change_user": ("PATCH", "users/ann@acme.example", {"role": "member"}),
    "remove_user": ("DELETE", "users/ann@acme.example", None),
    "mail_link": ("POST", "users/ann@acme.example/link", None),
    "reset_second_factor": ("DELETE", "users/ann@acme.example/second-factor", None),
}
MINE = {  # what each sees and makes for itself
    "get_account": ("GET", "account", None),
    "place_account": ("PUT", "account/place", {"latitude": 1.5, "longitude": 2.5}),
    "list_numbers": ("GET", "numbers", None),
    "list_available_numbers": ("GET", "numbers/available", None),
    "list_keys": ("GET", "keys", None),
    "make_key": ("POST", "keys", None),
    "list_sources": ("GET", "sources", None),
    "list_calls": ("GET", "calls", None),
    "list_pbxs": ("GET", "pbx", None),
    "configure_pbx": ("GET", "pbx/asterisk/configuration", None),
    "get_statistics": ("GET", "statistics", None),
    "get_trunk": ("GET", "trunk", None),
    "buy_number": ("POST", "numbers", {"number": "+447700900001"}),
    "add_source": ("POST", "sources", {"network": "5.10.112.121"}),
    "list_users": ("GET", "users", None),
    "invite_user": ("POST", "users", {"name": "ann@acme.example"}),
    "list_audit": ("GET", "audit", None),
}
REFUSED = {
    "buy_number": (409, "not-for-sale"),
    "add_source": (422, "invalid"),
    "invite_user": (409, "conflict"),
}
TAKE_AN_OWNERS_KEY = ("users", "audit")


@pytest.fixture
def ask(cast, record, services):
    record("c1", outcome="answered", code=200)
    source = cast.owner.sources.get().pk
    trial = services.jobs.create("options", cast.number, "somebody").pk
    services.users.create("ann@acme.example", cast.owner, "owner")
    wider = {}
    for account, key, secret in (
        (cast.owner, cast.key, cast.secret),
        (cast.stranger, cast.stranger_key, cast.stranger_secret),
    ):
        owners, its = services.keys.create(account, "owner")
        wider[str(basic(key.name, secret))] = Program(basic(owners.name, its))

    def request(program, method, path, body):
        if path.startswith(TAKE_AN_OWNERS_KEY):
            program = wider.get(str(program.headers), program)
        return program.ask(method, path.format(key=cast.key.name, source=source, trial=trial), body)

    return request


@pytest.mark.parametrize("operation", OWN)
def test_a_stranger_cannot_tell_whether_it_is_there(ask, stranger, cast, services, operation):
    method, path, body = OWN[operation]
    told = problem(ask(stranger, method, path, body), 404, "not-found")
    missing = re.sub(r"447700900001|\{key\}|\{source\}|\{trial\}|c1|ann@acme.example", "99999999", path)
    other = problem(ask(stranger, method, missing, body), 404, "not-found")
    hide = lambda text: re.sub(rf"447700900001|99999999|ann@acme.example|{cast.key.name}|(source|trial) \d+", "X", text)  # noqa: E731
    assert hide(told["detail"]) == hide(other["detail"])
    number = services.numbers.get("447700900001")
    assert (number.account, number.forward) == (cast.owner, "sip:owner@pbx.example")
    user = services.users.get("ann@acme.example")
    assert (user.role, user.enabled) == ("owner", True)
    key = services.keys.get(cast.key.name)
    assert services.jobs.find(cast.owner, 2) is None  # there is the one that was there
    assert (key.enabled, key.secrets.count(), cast.owner.sources.count()) == (True, 1, 1)


def test_a_disabled_account_reads_what_it_has_and_changes_nothing(ask, owner, cast, services, subtests):
    services.accounts.change(cast.owner, enabled=False)
    before = services.audit.find(limit=1)
    for operation, (method, path, body) in (OWN | MINE).items():
        with subtests.test(operation):
            answer = ask(owner, method, path, body)
            if method == "GET":
                assert answer.status_code == 200
            else:
                assert "Ask whoever runs" in problem(answer, 403, "account-disabled")["detail"]
    assert services.audit.find(limit=1) == before


@pytest.mark.parametrize("operation", MINE)
def test_what_a_stranger_sees_has_nothing_of_the_owners(ask, stranger, cast, operation):
    answer = ask(stranger, *MINE[operation])
    if operation in REFUSED:
        problem(answer, *REFUSED[operation])
    else:
        assert answer.status_code in (200, 201)
    text = (
        answer.content.decode()
        .replace("+447700900001 is not for sale", "")
        .replace("5.10.112.121/32 belongs to somebody else", "")
        .replace("an owner can add users", "")
        .replace('"scope": "owner"', "")  # of the stranger's own key
        .replace('"field": "scope", "old": null, "new": "owner"', "")
    )
    for mine in ("owner", "447700900001", cast.key.name, "ann@acme", "33123456789", "c1@pbx", "192.0.2.10", "5.10.112"):
        assert mine not in text


EVERY = [*OWN, *MINE]


def test_nobody_gets_anything_without_a_key(ask, nobody, services, cast, subtests):
    for operation in EVERY:
        with subtests.test(operation):
            problem(ask(nobody, *(OWN | MINE)[operation]), 401, "not-authenticated")
            assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
            assert services.keys.listing().count() == 4


def test_every_operation_is_in_one_of_these_tests():
    from trunkline.control.api.document import document

    paths = document()["paths"]
    operations = {operation["operationId"]: (method.upper(), path) for path, methods in paths.items()
                  for method, operation in methods.items()}  # fmt: skip
    tested = OWN | MINE
    assert set(operations) == set(tested)
    for name, (method, path) in operations.items():
        shape = re.sub(r"\{\w+\}", "[^/]+", path)
        assert method == tested[name][0]
        assert re.fullmatch(shape, f"/api/v1/{tested[name][1]}"), name


def test_the_document_and_the_reference_are_for_everybody(nobody):
    document = nobody.ask("GET", "openapi.json").json()
    assert document["openapi"].startswith("3.1")
    page = nobody.ask("GET", "/api/v1/")
    text = page.content.decode()
    assert page.headers["Content-Type"].startswith("text/html")
    assert not page.cookies
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<strong>{method.upper()}</strong> {path}" in text
            assert escape(operation["summary"]) in text
            assert operation["security"] == [{"Basic": []}]
            assert {"401", "422", "429"} <= set(operation["responses"])
    from trunkline.control.api.problems import KINDS

    assert all(f'id="{name}"' in text for name in KINDS)
    assert "<script>" not in text


def test_the_audit_log_has_what_a_key_did(owner, cast):
    from trunkline.control.audit.models import Entry

    owner.ask("PUT", "numbers/447700900001/forward", {"forward": "sip:other@pbx.example"}, REMOTE_ADDR="192.0.2.44")
    entry = Entry.objects.latest("pk")
    assert (entry.by, entry.who, entry.address) == ("key", cast.key.name, "192.0.2.44")
    assert (entry.kind, entry.account) == ("number", cast.owner)
