"""Who may see and do what: each view and action, by each of the cast."""

import re

import pytest

from dashboard.conftest import PASSWORD
from dashboard.operating import OPERATORS
from dashboard.test_signing_in import sign_in
from trunkline.control.dashboard.options import HERE

NUMBER = "447700900001"  # of the account `owner`
FORWARD = {"forward": "sip:taken@evil.example"}

# Of the account's own things: path, and what to post (None: get). `{key}` is its key.
OWN = [
    (f"/numbers/{NUMBER}", None),
    (f"/numbers/{NUMBER}/forward", None),
    (f"/numbers/{NUMBER}/forward", FORWARD),
    (f"/numbers/{NUMBER}/forward/check", FORWARD),
    (f"/numbers/{NUMBER}/forward/change", FORWARD | {"change": "up-1"}),
    ("/calls/c1", None),
    (f"/numbers/{NUMBER}/test", {}),
    (f"/numbers/{NUMBER}/call", {}),
    ("/trials/{trial}", None),
]
MANAGED = [
    ("/trunk/keys/{key}/rotate", {}),
    ("/trunk/keys/{key}/retire/1", {}),
    ("/trunk/keys/{key}/scope", {"scope": "calls"}),
    ("/trunk/keys/{key}/disable", {}),
    ("/trunk/keys/{key}/enable", {}),
    (f"/numbers/{NUMBER}/release", None),
    (f"/numbers/{NUMBER}/release", {}),
]
MANAGED_USERS = [
    ("/users/member/password", {}),
    ("/users/member/link", {}),
    ("/users/member/reset-factor", {}),
    ("/users/member/role", {"role": "owner"}),
    ("/users/member/disable", {}),
    ("/users/member/enable", {}),
    ("/users/member/remove", {}),
]
LISTS = [
    "/",
    "/numbers/",
    "/calls/",
    "/calls.csv",
    "/trunk/",
    "/trunk/ranges.txt",
    "/trunk/ranges.json",
    "/trunk/pbx/asterisk",
    "/users/",
    "/password",
    "/second-factor",
    "/audit/",
    "/audit.csv",
]
# Of one's own account, whoever one is: what a stranger posts is about the stranger's account.
OWNERS = [
    ("/numbers/buy", None),
    ("/numbers/buy/447700900003", {}),
    ("/trunk/pbx/asterisk", {"transport": "udp"}),
    ("/trunk/keys", {}),
    ("/trunk/place", {"place": "1,1"}),
    ("/trunk/sources/add", {"network": "8.8.8.8"}),
    ("/trunk/sources/remove", {"network": "8.8.4.4"}),
    ("/users/add", {}),
]


@pytest.fixture
def ask(cast, record, services):
    record("c1", outcome="answered", code=200)
    services.sources.add(cast.owner, "8.8.4.4")
    job = services.jobs.create("options", cast.number, "owner")

    def request(browser, path, data=None):
        path = path.format(key=cast.key.name, trial=job.pk)
        return browser.get(path) if data is None else browser.post(path, data)

    return request


def forward_of(services):
    return services.numbers.get(NUMBER).forward


def sources_of(account):
    return set(map(str, account.sources.all()))


def without_token(answer) -> str:
    """A page but for what differs each time."""
    return re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode())


@pytest.mark.parametrize(("path", "data"), OWN + MANAGED + MANAGED_USERS)
def test_a_stranger_cannot_tell_whether_it_is_there(ask, stranger, cast, services, path, data):
    answer = ask(stranger, path, data)
    assert answer.status_code == 404
    missing = (
        path.replace(NUMBER, "447700900999")
        .replace("{key}", "00000000")
        .replace("c1", "c2")
        .replace("member", "nobody")
        .replace("{trial}", "999999")
    )
    assert without_token(ask(stranger, missing, data)) == without_token(answer)
    assert forward_of(services) == "sip:owner@pbx.example"
    assert [s["slot"] for s in services.keys.as_dict(services.keys.get(cast.key.name))["secrets"]] == [1]
    key = services.keys.get(cast.key.name)
    assert (key.enabled, key.scope) == (True, "manage")
    user = services.users.get("member")
    assert (user.role, user.enabled) == ("member", True)
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("path", LISTS)
def test_a_strangers_lists_have_nothing_of_it(ask, stranger, owner, cast, path):
    theirs = ask(stranger, path).content.decode()
    for mine in ("8.8.4.4", NUMBER, "7700\u00a0900001", "owner@pbx.example", cast.key.name, "33123456789", "c1@pbx"):
        assert mine not in theirs
    assert ask(owner, path).status_code == 200


@pytest.mark.parametrize(
    ("path", "data"), [*OWN, *MANAGED, *MANAGED_USERS, *OWNERS, *((path, None) for path in LISTS), *OPERATORS]
)
def test_nobody_sees_anything_without_signing_in(ask, anybody, services, path, data):
    answer = ask(anybody(), path, data)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")
    assert forward_of(services) == "sip:owner@pbx.example"


@pytest.mark.parametrize(("path", "data"), OWN)
@pytest.mark.parametrize("who", ["owner", "member", "operator"])
def test_who_belongs_to_it_may(ask, signed_in, services, who, path, data):
    assert ask(signed_in(who), path, data).status_code in (200, 302)
    if path.endswith("forward") and data:
        assert forward_of(services) == FORWARD["forward"]


@pytest.mark.parametrize(
    ("path", "data"),
    [*MANAGED, *OWNERS, *MANAGED_USERS, ("/users/", None), ("/audit/", None), ("/audit.csv", None)],
)
def test_a_member_makes_and_ends_no_secret_and_no_user(ask, member, services, cast, path, data):
    assert ask(member, path, data).status_code == 403
    [key] = services.keys.listing(cast.owner)
    assert (key.enabled, key.scope) == (True, "manage")
    assert key.secrets.count() == 1
    assert services.users.get("member").role == "member"
    assert services.users.listing().count() == 4
    assert sources_of(cast.owner) == {"8.8.4.4"}


def test_a_strangers_address_is_listed_and_removed_as_its_own_alone(ask, stranger, cast):
    assert ask(stranger, "/trunk/sources/remove", {"network": "8.8.4.4"}).status_code == 422
    assert ask(stranger, "/trunk/sources/add", {"network": "8.8.4.4"}).status_code == 422
    assert (sources_of(cast.owner), sources_of(cast.stranger)) == ({"8.8.4.4"}, set())


def test_a_disabled_account_sees_what_it_has_and_changes_nothing(ask, owner, services, cast):
    services.accounts.change(cast.owner, enabled=False)
    before = services.audit.find(limit=1)
    for path, data in [*OWN, *MANAGED, *MANAGED_USERS, *OWNERS, *((path, None) for path in LISTS)]:
        answer = ask(owner, path, data)
        assert answer.status_code == (200 if data is None else 403), path
        assert ("Your account is disabled" in answer.content.decode()) == answer["Content-Type"].startswith("text/html")
    assert services.audit.find(limit=1) == before


def test_who_is_of_a_disabled_account_signs_in_out_and_anew_with_another_password(anybody, cast, services):
    from trunkline.control.users import resetting

    services.accounts.change(cast.owner, enabled=False)
    browser, other = anybody(), "another horse that nobody knows"
    assert [sign_in(browser).status_code for _ in range(2)] == [302, 302]  # once more in an old tab
    changed = browser.post("/password", {"current": PASSWORD, "password": other, "again": other})
    begun = browser.post("/second-factor/begin", {"password": other})
    confirmed = browser.post("/second-factor/confirm", {"code": "no code"})  # which is said, and not that it may not
    ended = browser.post("/second-factor/end", {"password": other})
    assert [one.status_code for one in (changed, begun, confirmed, ended)] == [200, 200, 422, 302]
    link = resetting.link(services.users.get("owner"))
    new = {"password": f"{other} still", "again": f"{other} still"}
    assert "Your password is set" in browser.post("/reset/{}/{}".format(*link), new).content.decode()
    other = new["password"]
    sign_in(browser, password=other)
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert sign_in(anybody(), password=other).status_code == 302


def test_an_operator_changes_what_a_disabled_account_has_also_as_the_customer(ask, operator, services, cast):
    services.accounts.change(cast.owner, enabled=False)
    page = operator.post("/accounts/owner/act", follow=True).content.decode()
    assert "This account is disabled" in page
    assert operator.post(f"/numbers/{NUMBER}/forward", {"forward": "sip:new@pbx.example"}).status_code == 302
    assert forward_of(services) == "sip:new@pbx.example"


@pytest.mark.parametrize(("path", "data"), MANAGED[:1])
@pytest.mark.parametrize("who", ["owner", "operator"])
def test_an_owner_does(ask, signed_in, services, cast, who, path, data):
    assert ask(signed_in(who), path, data).status_code == 200
    assert services.keys.get(cast.key.name).secrets.count() == 2


@pytest.mark.parametrize(("path", "data"), OPERATORS)
@pytest.mark.parametrize("who", ["owner", "member", "stranger"])
def test_customers_are_no_operators(ask, signed_in, who, path, data):
    assert ask(signed_in(who), path, data).status_code == 403


def test_every_address_is_in_one_of_these_tests():
    from django.urls import get_resolver, resolve

    def routes(resolver, before=""):
        for entry in resolver.url_patterns:
            route = f"{before}{entry.pattern}"
            yield from routes(entry, route) if hasattr(entry, "url_patterns") else [route]

    tested = [path for path, _ in OWN + MANAGED + MANAGED_USERS + OWNERS + OPERATORS] + LISTS
    tested += ["/trunk/pbx/asterisk/archive", "/trunk/trunk-ca.crt"]  # test_pbx_pages, test_trunk
    tested += ["/alive", "/sign-in", "/sign-out"]  # test_signing_in, test_serving
    tested += [f"/second-factor/{what}" for what in ("begin", "confirm", "end")]  # of oneself: test_second_factor
    tested += ["/sign-in/code", "/forgotten", "/reset/a/b"]  # test_second_factor, test_resetting
    covered = {resolve(path.partition("?")[0].replace("{trial}", "1")).route for path in tested}
    assert set(routes(get_resolver("trunkline.control.dashboard.urls"))) - covered == set()
    assert HERE.is_dir()


def test_an_account_that_is_removed_ends_the_acting_as_it(operator, services):
    """What an operator then does on its pages is not done to everybody's things."""
    gone = services.accounts.create("gone")
    operator.post("/accounts/gone/act")
    services.accounts.remove(gone)
    answer = operator.post("/users/add", {"name": "x@gone.example", "role": "member"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/")
    assert not services.users.listing(None).filter(name="x@gone.example").exists()
    assert operator.get("/accounts/").status_code == 200


def test_acting_as_a_customer_is_an_operators_own_session(operator, owner, cast, services):
    assert "447700900002" not in (answer := operator.post("/accounts/owner/act", follow=True)).content.decode()
    assert "You see and change what belongs to" in answer.content.decode()
    shown = operator.get("/numbers/").content.decode()
    assert "owner@pbx.example" in shown
    assert "stranger@pbx.example" not in shown
    assert operator.get("/numbers/447700900002").status_code == 404
    assert "You see and change" not in owner.get("/").content.decode()
    operator.post("/accounts/act/stop")
    assert "stranger@pbx.example" in operator.get("/numbers/").content.decode()
