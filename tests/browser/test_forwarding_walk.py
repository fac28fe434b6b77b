"""How people forward their numbers with the dashboard, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from browser.behind import stored
from browser.conftest import PASSWORD

pytestmark = pytest.mark.long

VALID = "sip:1234@pbx.acme.example;timeout=2000,sip:1234@203.0.113.9;transport=tls"


def test_the_five_steps(page, dashboard):
    """Sign into Dashboard. Click Products > Numbers. Scroll to the number to forward from, then select Forward to SIP.
    Type a valid SIP URI and click Update."""
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign into Dashboard")).to_be_visible()
    page.get_by_label("Name or e-mail address").fill("alice@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Products").click()
    page.get_by_role("link", name="Numbers").click()
    row = page.locator(f"#number-{dashboard.number}")
    row.scroll_into_view_if_needed()
    expect(row).to_contain_text("Not forwarded")
    row.get_by_role("link", name="Forward to SIP").click()
    expect(page.get_by_label("Forward to SIP", exact=True)).to_be_focused()
    page.keyboard.type(VALID)
    row.get_by_role("button", name="Update").click()
    expect(row.get_by_role("status")).to_contain_text("Updated")
    expect(row.locator(".targets li")).to_have_count(2)
    assert stored(dashboard, dashboard.number) == VALID


def test_a_faulty_uri_is_pointed_at_while_it_is_typed(sign_in, dashboard):
    page = sign_in("bob@acme.example")
    before = stored(dashboard, "447700900003")
    page.goto("/numbers/")
    row = page.locator("#number-447700900003")
    row.get_by_role("link", name="Forward to SIP").click()
    editor = page.get_by_label("Forward to SIP", exact=True)
    editor.fill("sip:1@a.example,sip:2@b.example;timeout=50")
    expect(row.locator("mark")).to_have_text("sip:2@b.example;timeout=50")
    expect(row.locator(".checked")).to_contain_text(
        "URI 2: timeout=50 is not a number of milliseconds from 2000 to 20000."
    )
    row.get_by_role("button", name="Update").click()
    expect(editor).to_have_attribute("aria-invalid", "true")
    expect(row.locator("mark")).to_be_visible()
    editor.fill("sip:1@a.example\nsip:2@b.example;timeout=2500")
    expect(row.locator(".checked .targets li")).to_have_count(2)
    expect(row.get_by_label("Waiting time of URI 2").locator("option:checked")).to_have_text("waits 2.5 s")
    row.get_by_role("link", name="Cancel").click()
    expect(row.get_by_role("link", name="Forward to SIP")).to_be_visible()
    assert stored(dashboard, "447700900003") == before


def test_it_works_by_keyboard_alone(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    page.goto("/numbers/?q=447700900011")
    page.locator(".row .button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Forward to SIP", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("sip:keys@pbx.acme.example")
    expect(page.get_by_label("Transport of URI 1")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Update":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".row").get_by_role("status")).to_contain_text("Updated")
    expect(page.locator(".row .button")).to_be_focused()
    assert stored(dashboard, "447700900011") == "sip:keys@pbx.acme.example"


def test_order_transport_and_time_are_set_without_writing_them(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    page.goto("/numbers/?q=447700900013")
    page.get_by_role("link", name="Forward to SIP").click()
    page.get_by_label("Another URI").fill("sip:backup@203.0.113.9")
    page.keyboard.press("Enter")
    transport = page.get_by_label("Transport of URI 2")
    transport.focus()
    transport.select_option("tls")
    expect(page.get_by_label("Forward to SIP", exact=True)).to_have_value(
        re.compile("backup@203.0.113.9;transport=tls")
    )
    expect(transport).to_be_focused()
    page.get_by_label("Waiting time of URI 2").select_option("2000")
    expect(page.get_by_label("Forward to SIP", exact=True)).to_have_value(re.compile("timeout=2000"))
    page.get_by_role("button", name="Try URI 2 earlier").click()
    expect(page.locator(".controls code").first).to_have_text("sip:backup@203.0.113.9")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".row").get_by_role("status")).to_contain_text("Updated")
    wanted = "sip:backup@203.0.113.9;timeout=2000;transport=tls,sip:1013@pbx.acme.example"
    assert stored(dashboard, "447700900013") == wanted
