"""What people do with the dashboard, in a real browser."""

import re

import pyotp
from playwright.sync_api import expect

from browser.conftest import PASSWORD


def test_a_secret_is_shown_once_and_two_live_at_a_time(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    page.goto("/trunk/")
    rotate = page.get_by_role("button", name="make another secret")
    expect(rotate).to_have_count(2)  # the third key has two already
    rotate.first.click()
    secret = page.locator("#secret").inner_text()
    assert len(secret) == 24
    expect(page.get_by_role("button", name=re.compile("End secret"))).to_have_count(4)
    page.goto("/trunk/")
    assert secret not in page.content()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"End secret 1 of {dashboard.key}").click()
    expect(page.get_by_role("button", name=re.compile("End secret"))).to_have_count(2)


def test_a_failed_call_is_explained(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    page.goto(f"/calls/{dashboard.failed}")
    expect(page.locator(".outcome")).to_contain_text("The carrier's: backup said 503 Service Unavailable, after")
    steps = page.locator(".timeline li")
    expect(steps).to_have_count(6)
    expect(steps.nth(2)).to_contain_text("heard nothing in time, and gave up")
    expect(page.locator("main")).not_to_contain_text("198.51.100")  # a carrier's address is the operator's


def test_filters_narrow_the_calls_in_place(sign_in):
    page = sign_in("alice@acme.example")
    page.goto("/calls/")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_label("Outcome").select_option("cancelled")
    expect(page.locator("tbody .pill:not(.cancelled)")).to_have_count(0)
    expect(page).to_have_url(re.compile("outcome=cancelled"))
    page.get_by_label("Number").fill("+33 1 23")
    expect(page.locator(".empty")).to_contain_text("No such call")


def test_an_operator_acts_as_a_customer_and_every_page_says_so(sign_in):
    page = sign_in("operator")
    page.get_by_role("link", name="Accounts").click()
    page.get_by_role("button", name="Act as acme").click()
    expect(page.locator(".acting")).to_contain_text("acme")
    page.get_by_role("link", name="Numbers").click()
    expect(page.locator(".acting")).to_be_visible()
    expect(page.locator("#results")).to_contain_text("60 numbers")
    page.get_by_role("button", name="Back to all accounts").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page.locator(".acting")).to_have_count(0)


def test_a_tab_that_was_made_for_another_account_shows_nothing_of_this_one(sign_in):
    page = sign_in("operator")
    page.goto("/numbers/?q=4477009000")
    expect(page.locator("#results")).to_contain_text("60 numbers")
    other = page.context.new_page()
    other.goto("/accounts/")
    other.get_by_role("button", name="Act as closed").click()
    expect(other.locator(".acting").first).to_contain_text("closed")
    page.get_by_label("Find a number").fill("7700")
    expect(page.locator(".acting").first).to_contain_text("closed")  # it was loaded anew


def test_a_disabled_account_is_shown_no_button_that_is_refused(sign_in):
    page = sign_in("dan@closed.example")
    places = ("/", "/numbers/", "/numbers/447700901000", "/numbers/447700901000/forward", "/numbers/buy", "/trunk/",
              "/trunk/pbx/asterisk", "/calls/", "/users/", "/audit/")  # fmt: skip
    for place in places:
        page.goto(place)
        expect(page.locator(".acting")).to_contain_text("Your account is disabled")
        expect(page.locator("main form[method=post] button:visible")).to_have_count(0)
        expect(page.locator("main").get_by_role("link", name=re.compile("Forward to SIP|Buy a number"))).to_have_count(
            0
        )
    for place, name in (("/password", "Change password"), ("/second-factor", "Set up")):
        page.goto(place)
        expect(page.get_by_role("button", name=name)).to_be_visible()


def test_a_session_that_ended_elsewhere_leads_to_the_sign_in_and_back(sign_in):
    page = sign_in("alice@acme.example")
    page.goto("/numbers/")
    page.context.clear_cookies()
    page.locator(".row").first.get_by_role("link", name="Forward to SIP").click()
    expect(page.get_by_role("heading", name="Sign into Dashboard")).to_be_visible()
    page.get_by_label("Name or e-mail address").fill("alice@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Numbers", exact=True)).to_be_visible()


def test_a_dashboard_that_is_away_is_said(sign_in):
    page = sign_in("alice@acme.example")
    page.goto("/numbers/")
    page.context.set_offline(True)
    page.locator(".row").first.get_by_role("link", name="Forward to SIP").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_a_second_factor_is_set_up_and_asked_for(sign_in, screenshots):
    page = sign_in("bob@acme.example")
    page.locator("details.who summary").click()
    page.get_by_role("link", name="Second factor").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.locator("svg.qr")).to_be_visible()
    page.screenshot(path=screenshots / "second-factor-picture.png", full_page=True)
    telephone = pyotp.TOTP(page.locator("#totp").inner_text().replace(" ", ""))
    page.get_by_label("The code that it shows").fill(telephone.now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.screenshot(path=screenshots / "recovery-codes.png", full_page=True)
    code = page.locator(".codes code").first.inner_text()
    page.locator("details.who summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name or e-mail address").fill("bob@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.screenshot(path=screenshots / "code.png", full_page=True)
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto("/second-factor")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Set up")).to_be_visible()


def test_a_pbx_is_configured_copied_and_downloaded(sign_in, dashboard, screenshots):
    page = sign_in("alice@acme.example")
    page.goto("/trunk/")
    page.get_by_role("link", name="Asterisk").click()
    page.get_by_label("Its address").fill("203.0.113.9")
    page.get_by_label("Number", exact=True).fill("+447700900003")
    page.get_by_label("Transport", exact=True).select_option("tls")
    page.get_by_label("Encrypt audio").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("pre").nth(1)).to_contain_text("password = YOUR-SECRET")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Make a key for it").click()
    expect(page.get_by_role("status")).to_contain_text("is made")
    expect(page.locator("pre").nth(1)).not_to_contain_text("YOUR-SECRET")
    expect(page.locator(".configuration")).to_contain_text("sip:447700900003@203.0.113.9:5061;transport=tls;media=srtp")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy etc/asterisk/pjsip_trunk.conf")
    button.dblclick()
    expect(button).to_have_text("Copied")
    expect(page.locator("#heard")).to_have_text("Copied")
    expect(button).to_have_text("Copy")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("pre").nth(1).text_content()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "trunk-asterisk.tar.gz"
    page.screenshot(path=screenshots / "pbx.png", full_page=True)
    for name, width in (("freepbx", 1280), ("cucm-cube", 390)):
        page.set_viewport_size({"width": width, "height": 860})
        page.goto(f"/trunk/pbx/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=screenshots / f"pbx-{name}.png", full_page=True)
