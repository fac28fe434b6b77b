"""Users: owners add, change and remove those of their account, operators all."""

import threading

import pytest

from dashboard.test_signing_in import sign_in
from dashboard.test_trunk import secret_in


def add(browser, name, role="member"):
    return browser.post("/users/add", {"name": name, "role": role})


def test_an_owner_adds_a_user_who_can_then_sign_in(owner, anybody, services):
    answer = add(owner, "Dora@acme.example")
    password = secret_in(answer.content.decode())
    assert len(password) == 20
    user = services.users.get("dora@acme.example")
    assert (user.account.name, user.role) == ("owner", "member")
    assert sign_in(anybody(), "dora@acme.example", password).status_code == 302
    assert password not in owner.get("/users/").content.decode()


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("", "member", "cannot be the name of a user"),
        ("<b>", "member", "&lt;b&gt;"),
        ("stranger", "member", "already a user"),
        ("eve", "operator", "cannot be &#x27;operator&#x27;"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(owner, services, name, role, said):
    answer = add(owner, name, role)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert services.users.listing().count() == 4


def test_another_password_ends_the_old_one_and_its_sessions(owner, member, anybody):
    password = secret_in(owner.post("/users/member/password").content.decode())
    assert member.get("/").status_code == 302
    assert sign_in(anybody(), "member").status_code == 422
    assert sign_in(anybody(), "member", password).status_code == 302


def test_roles_and_ends(owner, member, services):
    owner.post("/users/member/role", {"role": "owner"})
    assert member.get("/users/").status_code == 200
    assert owner.post("/users/member/role", {"role": "operator"}).status_code == 422
    owner.post("/users/member/disable")
    assert member.get("/").status_code == 302
    owner.post("/users/member/enable")
    assert services.users.get("member").enabled
    owner.post("/users/member/remove")
    assert not services.users.listing().filter(name="member").exists()


def test_a_user_who_is_enabled_again_signs_in_anew(owner, member, anybody):
    owner.post("/users/member/disable")
    owner.post("/users/member/enable")
    assert member.get("/numbers/").headers["Location"].startswith("/sign-in")
    browser = anybody()
    assert sign_in(browser, "member").status_code == 302
    assert browser.get("/numbers/").status_code == 200


@pytest.mark.parametrize("what", ["password", "role", "disable", "remove"])
def test_nobody_locks_itself_out(owner, services, what):
    assert owner.post(f"/users/owner/{what}", {"role": "member"}).status_code == 404
    user = services.users.get("owner")
    assert (user.role, user.enabled) == ("owner", True)


def test_an_owner_does_not_touch_operators(owner, services):
    for what in ("password", "disable", "remove"):
        assert owner.post(f"/users/operator/{what}").status_code == 404
    assert services.users.get("operator").enabled


def test_the_first_user_that_an_operator_adds_to_an_account_is_offered_as_its_owner(operator, services):
    services.accounts.create("fresh")
    operator.post("/accounts/fresh/act")
    assert '<option value="owner" selected>' in operator.get("/users/").content.decode()
    for name in ("first", "second"):
        operator.post("/users/add", {"name": name})
    assert [services.users.get(name).role for name in ("first", "second")] == ["owner", "member"]
    assert '<option value="member" selected>' in operator.get("/users/").content.decode()


def test_an_operator_adds_operators_and_as_a_customer_its_users(operator, services):
    add(operator, "second", "owner")
    assert services.users.get("second").is_operator
    assert operator.post("/users/second/role", {"role": "owner"}).status_code == 422
    operator.post("/accounts/stranger/act")
    add(operator, "theirs", "owner")
    assert services.users.get("theirs").account.name == "stranger"
    assert operator.post("/users/member/remove").status_code == 404


def test_two_owners_who_end_each_other_at_once_leave_one(signed_in, services, cast):
    """Each may until the other has: who is no owner any more when it is its turn is told so."""
    from trunkline.control.database import close
    from trunkline.control.users.models import User

    for name in ("one", "two"):
        User.objects.create(name=name, account=cast.stranger, role="owner")
    services.users.remove(services.users.get("stranger"))
    for path in ("disable", "role", "remove") * 3:
        browsers, start, answers = {name: signed_in(name) for name in ("one", "two")}, threading.Barrier(2), []

        def end(name, other, path=path, browsers=browsers, start=start, answers=answers):
            start.wait(10)
            answers.append(browsers[name].post(f"/users/{other}/{path}", {"role": "member"}).status_code)
            close()

        threads = [threading.Thread(target=end, args=pair) for pair in (("one", "two"), ("two", "one"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        owners = User.objects.filter(account=cast.stranger, role="owner", enabled=True)
        assert (owners.count(), 302 in answers) == (1, True), (path, answers)
        User.objects.filter(account=cast.stranger).update(role="owner", enabled=True)
        for name in ("one", "two"):
            User.objects.get_or_create(name=name, account=cast.stranger, role="owner")
