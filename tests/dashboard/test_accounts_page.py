"""Accounts, for operators: made with a first owner, limited, disabled and enabled; and the endpoints."""

import time

from dashboard.test_signing_in import sign_in
from trunkline.contract.feed import Heartbeat

GIVEN = {
    "calls_at_once": "5", "calls_per_second": "2", "numbers_at_most": "0", "destinations": "44, 33 1",
    "srtp": "offered", "caller_id": "owned", "sources": "192.0.2.20",
}  # fmt: skip
CANNOT_BE = [
    ("calls_at_once", "-1", "from 0 to"),
    ("calls_at_once", "", "Write a number."),
    ("calls_per_second", "many", "Write a whole number."),
    ("destinations", "0044", "is not a prefix"),
    ("srtp", "always", "not one of the available choices"),
    ("caller_id", "<b>", "not one of the available choices"),
    ("sources", "everywhere", "is not a network"),
]


def link_in(answer) -> str:
    return answer.content.decode().partition('<code id="link">')[2].partition("</code>")[0]


def test_calls_that_are_up_are_ended(operator, services, cast):
    from trunkline.control.feed import DatabaseSink

    sink = DatabaseSink()
    assert "End its" not in operator.get("/accounts/owner/edit").content.decode()
    for node, uid in (("n1", "aa"), ("n2", "bb")):
        facts = {"time": time.time(), "node": node, "call": uid, "direction": "outbound", "account": "owner"}
        sink.store(node, "f", [facts | {"event": "setup"}, facts | {"event": "answer"}], 1)
    beat = Heartbeat("n1", "a" * 32, "eu", ["192.0.2.1"], 5060, 5061, "0.1.0", time.time(), {}, 3, 0.5, False)
    assert sink.heartbeat(beat).endings == []
    assert "End its 2 calls" in operator.get("/accounts/owner/edit").content.decode()
    answer = operator.post("/accounts/owner/end-calls").content.decode()
    assert "1 call on node n2 goes on: that node is not heard, so it cannot end them." in answer
    assert "node n1" not in answer
    assert [sink.heartbeat(beat).endings for _ in "12"] == [["aa"], []]
    sink.store("n2", "f", [facts | {"event": "end", "by": "caller"}], 2, 1)
    assert operator.post("/accounts/owner/end-calls").status_code == 302


def test_an_account_is_made_with_an_owner_who_chooses_a_password(operator, anybody, services):
    answer = operator.post("/accounts/add", GIVEN | {"name": "acme", "owner": "Alice@acme.example"})
    link = link_in(answer)
    shown = services.accounts.as_dict(services.accounts.get("acme"))
    assert (shown["calls_at_once"], shown["destinations"], shown["srtp"]) == (5, ["1", "33", "44"], "offered")
    assert (shown["caller_id"], shown["numbers_at_most"], shown["sources"]) == ("owned", 0, ["192.0.2.20"])
    user = services.users.get("alice@acme.example")
    assert (user.account.name, user.role) == ("acme", "owner")
    path = "/" + link.partition("//")[2].partition("/")[2]
    chosen = {"password": "a horse that nobody knows", "again": "a horse that nobody knows"}
    visitor = anybody()
    assert visitor.get(path, follow=True).status_code == 200
    followed = visitor.get(path, follow=True).redirect_chain
    visitor.post(followed[-1][0] if followed else path, chosen)
    assert sign_in(anybody(), "alice@acme.example", chosen["password"]).status_code == 302
    assert "link" not in [entry.did for entry in services.audit.find(kind="account")]
    assert link not in operator.get("/accounts/acme/edit").content.decode()


def test_without_an_owner_too(operator, services):
    answer = operator.post("/accounts/add", GIVEN | {"name": "acme"})
    assert link_in(answer) == ""
    assert services.users.listing(services.accounts.get("acme")).count() == 0


def test_half_an_account_is_none(operator, services):
    answer = operator.post("/accounts/add", GIVEN | {"name": "acme", "owner": "stranger"})
    assert "already a user" in answer.content.decode()
    assert not services.accounts.everyone().filter(name="acme").exists()
    assert "already an account" in operator.post("/accounts/add", GIVEN | {"name": "owner"}).content.decode()
    for name in ("", "Acme Ltd", "<b>"):
        answer = operator.post("/accounts/add", GIVEN | {"name": name})
        assert 'id="id_name_error"' in answer.content.decode()


def test_limits_are_changed(operator, services, cast):
    page = operator.get("/accounts/owner/edit").content.decode()
    assert 'value="100"' in page
    assert operator.post("/accounts/owner/edit", GIVEN).headers["Location"] == "/accounts/"
    cast.owner.refresh_from_db()
    assert (cast.owner.calls_at_once, cast.owner.srtp, [*map(str, cast.owner.sources.all())]) == (
        5, "offered", ["192.0.2.20"]
    )  # fmt: skip
    operator.post("/accounts/owner/edit", GIVEN | {"sources": "", "destinations": ""})
    cast.owner.refresh_from_db()
    assert (cast.owner.destinations, cast.owner.sources.count()) == ([], 0)


def test_what_cannot_be_is_said_beside_its_field(operator, cast):
    for field, value, said in CANNOT_BE:
        answer = operator.post("/accounts/owner/edit", GIVEN | {field: value})
        assert answer.status_code == 422
        assert said in answer.content.decode().partition(f'id="id_{field}_error"')[2].partition("</p>")[0], field
    cast.owner.refresh_from_db()
    assert cast.owner.calls_at_once == 100


def test_an_address_of_somebody_else_changes_nothing(operator, cast):
    answer = operator.post("/accounts/owner/edit", GIVEN | {"sources": "198.51.100.0/28"})
    assert "already a source of the carrier" in answer.content.decode()
    cast.owner.refresh_from_db()
    assert cast.owner.calls_at_once == 100


def test_off_and_on(operator, cast):
    operator.post("/accounts/owner/disable")
    cast.owner.refresh_from_db()
    assert not cast.owner.enabled
    assert "Disabled" in operator.get("/accounts/owner/edit").content.decode()
    operator.post("/accounts/owner/enable")
    cast.owner.refresh_from_db()
    assert cast.owner.enabled
    assert operator.get("/accounts/nobody/edit").status_code == 404


def test_endpoints_are_shown(operator, services):
    assert "From its settings, as there is no endpoint" in operator.get("/endpoints/").content.decode()
    services.endpoints.add(
        "london", "198.51.100.7", city="London", region="eu-west", media=["198.51.100.7:30000-39999"]
    )
    page = operator.get("/endpoints/").content.decode()
    assert all(text in page for text in ("london", "198.51.100.7", "London", "30000-39999"))
