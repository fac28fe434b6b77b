"""Two tabs of one browser: what one does to the session, and what the other then sends."""

import re
from html import unescape

import pytest

from dashboard.conftest import HOST, PASSWORD

OLD = "This form is out of date"


@pytest.fixture
def post():
    """`post(browser, path, data, page)`: as from a page that was opened before, with its token."""

    def send(browser, path, data, page):
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        return browser.post(path, data | {"csrfmiddlewaretoken": token}, HTTP_REFERER=f"https://{HOST}/")

    return send


def opened(browser, path="/users/") -> str:
    return browser.get(path).content.decode()


def test_what_was_meant_for_one_account_is_done_to_no_other(signed_in, services, cast, post):
    operator = signed_in("operator", enforce=True)
    post(operator, "/accounts/owner/act", {}, opened(operator, "/accounts/owner/edit"))
    owners = opened(operator)
    post(operator, "/accounts/stranger/act", {}, opened(operator, "/accounts/stranger/edit"))
    strangers = opened(operator)
    for path, data in (("/trunk/keys", {}), ("/users/add", {"name": "new", "role": "owner"})):
        answer = post(operator, path, data, owners)
        assert (answer.status_code, OLD in answer.content.decode()) == (403, True)
    assert services.keys.listing(cast.stranger).count() == 1
    post(operator, "/accounts/act/stop", {}, strangers)
    assert post(operator, "/users/add", {"name": "new", "role": "member"}, strangers).status_code == 403
    assert services.users.listing().count() == 4  # and there is no operator of that name
    assert post(operator, "/users/add", {"name": "new"}, opened(operator)).status_code == 200


def test_what_was_meant_for_an_account_that_is_gone_is_done_to_nobody(signed_in, services, post):
    operator, gone = signed_in("operator", enforce=True), services.accounts.create("gone")
    post(operator, "/accounts/gone/act", {}, opened(operator, "/accounts/gone/edit"))
    before = opened(operator)
    services.accounts.remove(gone)
    assert post(operator, "/users/add", {"name": "new"}, before).status_code == 302
    assert post(operator, "/users/add", {"name": "new"}, before).status_code == 403
    assert services.users.listing().count() == 4


def test_who_changes_a_list_that_somebody_else_has_changed_is_told(owner, member, services):
    at = "/numbers/447700900001/forward"
    over = {"over": "sip:owner@pbx.example"}
    assert 'name="over" value="sip:owner@pbx.example"' in opened(owner, at)
    member.post(at, over | {"forward": "sip:members@pbx.example"})
    drawn = owner.post(f"{at}/change", over | {"forward": "sip:owners@pbx.example", "change": "add"})
    assert 'name="over" value="sip:owner@pbx.example"' in drawn.content.decode()
    answer = owner.post(at, over | {"forward": "sip:owners@pbx.example"})
    page = answer.content.decode()
    assert (answer.status_code, "now it is <code>sip:members@pbx.example</code>" in page) == (422, True)
    assert "sip:owners@pbx.example</textarea>" in page
    assert services.numbers.get("447700900001").forward == "sip:members@pbx.example"
    assert 'name="over" value="sip:members@pbx.example"' in page
    answer = owner.post(at, {"over": "sip:members@pbx.example", "forward": "sip:owners@pbx.example"})
    assert (answer.status_code, services.numbers.get("447700900001").forward) == (302, "sip:owners@pbx.example")
    assert member.post(at, over | {"forward": "sip:owners@pbx.example"}).status_code == 302  # it is as wanted


def test_who_was_signed_out_in_another_tab_comes_back_to_its_page(owner, services):
    owner.post("/sign-out")
    page = f"https://{HOST}/trunk/?x=1"
    answer = owner.post("/trunk/keys", HTTP_REFERER=page)
    assert answer.headers["Location"] == "/sign-in?next=%2Ftrunk%2F%3Fx%3D1"
    assert services.keys.listing().count() == 2
    answer = owner.post(answer.headers["Location"], {"name": "owner", "password": PASSWORD})
    assert answer.headers["Location"] == "/trunk/?x=1"
    assert owner.post("/sign-out", HTTP_REFERER=page).headers["Location"] == "/sign-in"


def test_who_signs_in_after_somebody_else_sends_nothing_of_the_others_pages(signed_in, services, post):
    browser = signed_in("stranger", enforce=True)
    before = opened(browser)
    post(browser, "/sign-out", {}, before)
    post(browser, "/sign-in", {"name": "owner", "password": PASSWORD}, opened(browser, "/sign-in"))
    assert post(browser, "/users/add", {"name": "new"}, before).status_code == 403
    assert services.users.listing().count() == 4


def test_an_old_tabs_search_shows_nothing_of_another_account(signed_in, post):
    operator = signed_in("operator", enforce=True)
    made_for = lambda page: page.partition('"Trunkline-Made-For": "')[2].partition('"')[0]  # noqa: E731
    search = lambda browser, page: browser.get(  # noqa: E731
        "/numbers/?q=7700", HTTP_HX_REQUEST="true", HTTP_TRUNKLINE_MADE_FOR=made_for(page)
    )
    tabs = [opened(operator)]
    for account in ("owner", "stranger"):
        post(operator, f"/accounts/{account}/act", {}, tabs[-1])
        for old in tabs:
            answer = search(operator, old)
            assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (204, "true", b"")
        tabs.append(opened(operator))
        assert "447700900" in search(operator, tabs[-1]).content.decode()
    owner = signed_in("owner")
    assert search(owner, tabs[1]).status_code == 204  # the same account, but another user's page
    assert search(owner, opened(owner)).status_code == 200


FORMS = {  # of what operators change, and what each of two changes
    "/accounts/owner/edit": ({"calls_at_once": "7"}, {"destinations": "44"}),
    "/carriers/telco/edit": ({"strip": "2"}, {"host": "sip2.telco.example"}),
    "/endpoints/eu1/edit": ({"weight": "7"}, {"city": "London"}),
    "/routes/{route}/edit": ({"priority": "7"}, {"weight": "3"}),
}


@pytest.mark.parametrize("path", FORMS)
def test_an_operators_old_form_does_not_undo_what_another_has_changed(signed_in, services, cast, path):
    services.endpoints.add("eu1", "192.0.2.1")
    one, other = FORMS[path]
    path, (first, second) = path.format(route=cast.route.pk), (signed_in("operator"), signed_in("operator"))
    page = fields(opened(first, path))
    assert second.post(path, fields(opened(second, path)) | other).status_code == 302
    now = {name: fields(opened(second, path))[name] for name in other}
    wrong = first.post(path, page | {"weight": "x", "calls_at_once": "x", "strip": "x"})
    answer = first.post(path, fields(wrong.content.decode()) | one | {name: page[name] for name in other})
    said = answer.content.decode()
    assert (answer.status_code, "Somebody else has changed this since you opened the page" in said) == (422, True)
    assert {name: fields(opened(second, path))[name] for name in other} == now == other
    assert first.post(path, fields(said)).status_code == 302  # seen and wanted
    left = fields(opened(second, path))
    assert {name: left[name] for name in one} == one
    assert {name: left[name] for name in other} == {name: page[name] for name in other}


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form of a page."""
    form = page.partition('<form class="card form"')[2].partition("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if named.get("type") != "checkbox":
            found[named["name"]] = unescape(named.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.search(r'<option value="([^"]*)" selected', options)[1]
    return found
