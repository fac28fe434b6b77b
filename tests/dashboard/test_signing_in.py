"""Signing in and out: the right ones, the wrong ones, and those who try too often."""

from datetime import timedelta

import pytest

from dashboard.conftest import HOST, PASSWORD

WRONG = "The name or the password is not right."


def sign_in(browser, name="owner", password=PASSWORD, **options):
    return browser.post("/sign-in", {"name": name, "password": password}, **options)


def test_a_user_signs_in_and_out(cast, anybody, services):
    browser = anybody()
    assert browser.get("/").headers["Location"] == "/sign-in?next=/"
    assert sign_in(browser, " Owner ").headers["Location"] == "/"
    page = browser.get("/").content.decode()
    assert "owner" in page
    assert services.users.get("owner").last_login is not None
    cookie = browser.cookies["__Host-session"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert browser.get("/").status_code == 302


def test_a_session_after_sign_out_is_worth_nothing(cast, anybody):
    browser, thief = anybody(), anybody()
    sign_in(browser)
    thief.cookies["__Host-session"] = browser.cookies["__Host-session"].value
    assert thief.get("/numbers/").status_code == 200
    browser.post("/sign-out")
    assert thief.get("/numbers/").status_code == 302
    assert thief.post("/numbers/447700900001/forward", {"forward": "sip:x@evil.example"}).status_code == 302


def test_a_session_of_before_the_sign_in_is_not_kept(cast, anybody):
    browser = anybody()
    sign_in(browser, "stranger")
    before = browser.cookies["__Host-session"].value
    browser.post("/sign-out")
    sign_in(browser)
    assert browser.cookies["__Host-session"].value != before


@pytest.mark.parametrize(("name", "password"), [("owner", "wrong"), ("nobody", PASSWORD), ("owner", PASSWORD.upper())])
def test_a_wrong_one_is_told_the_same_whatever_is_wrong(cast, anybody, name, password):
    answer = sign_in(anybody(), name, password)
    assert answer.status_code == 422
    assert WRONG in answer.content.decode()


@pytest.mark.parametrize(("name", "text"), [("", "Write the name"), ("x" * 255, "at most 254")])
def test_what_cannot_be_a_name_is_said_beside_it(cast, anybody, name, text):
    answer = sign_in(anybody(), name)
    assert answer.status_code == 422
    assert text in answer.content.decode()


def test_a_disabled_user_is_signed_out_and_stays_out(owner, anybody, services):
    services.users.change(services.users.get("owner"), enabled=False)
    assert owner.get("/").status_code == 302
    assert WRONG in sign_in(anybody()).content.decode()


def test_guessing_ends_after_five_tries_from_one_address(cast, anybody):
    browser = anybody()
    for _ in range(5):
        assert sign_in(browser, password="wrong").status_code == 422
    answer = sign_in(browser)
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()
    assert sign_in(anybody(), REMOTE_ADDR="192.0.2.99").status_code == 302  # the user itself, from elsewhere


def test_guessing_many_names_ends_too(cast, anybody, monkeypatch):
    from trunkline.control.users import signing_in

    monkeypatch.setattr(signing_in, "PER_NETWORK", 4)
    browser = anybody()
    for n in range(4):
        sign_in(browser, f"name{n}", REMOTE_ADDR=f"2001:db8::{n}")  # one /64
    assert sign_in(browser, REMOTE_ADDR="2001:db8::77").status_code == 429
    assert sign_in(browser, REMOTE_ADDR="2001:db8:0:1::1").status_code == 302


def test_tries_are_forgotten_after_a_while_and_after_a_success(cast, anybody):
    from trunkline.control.users.models import SignIn

    browser = anybody()
    for _ in range(5):
        sign_in(browser, password="wrong")
    for attempt in SignIn.objects.all():
        SignIn.objects.filter(pk=attempt.pk).update(time=attempt.time - timedelta(minutes=16))
    assert sign_in(browser).status_code == 302
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/calls/?outcome=failed", "/calls/?outcome=failed"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_the_sign_in_people_get_where_they_wanted_within_the_dashboard(cast, anybody, wanted, there):
    from urllib.parse import urlencode

    answer = anybody().post(f"/sign-in?{urlencode({'next': wanted})}", {"name": "owner", "password": PASSWORD})
    assert answer.headers["Location"] == there


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/password", "/numbers/447700900001/forward", "/trunk/keys"])
def test_a_forged_form_does_nothing(signed_in, services, path):
    browser = signed_in("owner", enforce=True)
    answer = browser.post(path, {"forward": "sip:x@evil.example"}, HTTP_REFERER="https://evil.example/")
    assert answer.status_code == 403
    assert "This form is out of date" in answer.content.decode()
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
    assert services.keys.listing().count() == 2
    assert browser.get("/").status_code == 200


def test_a_form_with_its_token_does(signed_in, services):
    browser = signed_in("owner", enforce=True)
    page = browser.get("/numbers/447700900001/forward").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    data = {"forward": "sip:other@pbx.example", "csrfmiddlewaretoken": token}
    answer = browser.post("/numbers/447700900001/forward", data, HTTP_REFERER=f"https://{HOST}/numbers/")
    assert answer.status_code == 302
    assert services.numbers.get("447700900001").forward == "sip:other@pbx.example"


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(cast, anybody):
    answer = anybody().get(
        "/numbers/447700900001/forward", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=f"https://{HOST}/numbers/?q=44"
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fnumbers%2F%3Fq%3D44"


@pytest.mark.parametrize("address", ["https://[", "https://[x]/numbers/", "https://a\uff03b/"])
def test_an_address_that_none_is_leads_to_the_sign_in_all_the_same(cast, anybody, address):
    part = anybody().get("/numbers/", headers={"HX-Request": "true", "HX-Current-URL": address})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/sign-in?next=")
    form = anybody().post("/numbers/447700900001/forward", {"forward": ""}, headers={"Referer": address})
    assert (form.status_code, form.headers["Location"]) == (302, "/sign-in?next=")


# Changing the password


def change(browser, current=PASSWORD, password="another good sentence", again=None):
    return browser.post("/password", {"current": current, "password": password, "again": again or password})


def test_a_changed_password_ends_the_other_sessions_only(signed_in, anybody):
    here, there = signed_in("owner"), signed_in("owner")
    answer = change(here)
    assert "Your password is changed" in answer.content.decode()
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302
    assert sign_in(anybody()).status_code == 422
    assert sign_in(anybody(), password="another good sentence").status_code == 302


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"current": "wrong"}, "That is not the password that you have now."),
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "password1234"}, "too common"),
        ({"again": "something else"}, "This is not what you wrote above."),
    ],
)
def test_what_is_wrong_is_said_and_the_password_stays(owner, anybody, fields, text):
    answer = change(owner, **fields)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert sign_in(anybody()).status_code == 302


def test_an_unlocked_screen_is_no_place_to_guess_from(owner):
    for _ in range(5):
        change(owner, current="wrong")
    answer = change(owner)
    assert answer.status_code == 422
    assert "too many attempts" in answer.content.decode()
