"""The operators' pages by the keyboard alone, and without scripts, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import PASSWORD

pytestmark = pytest.mark.long

NAME = r"""() => {
    const e = document.activeElement;
    return (e.labels?.[0]?.textContent ?? e.getAttribute("aria-label") ?? e.textContent).trim().replace(/\s+/g, " ");
}"""
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"
FARTHEST = 120  # presses of Tab; the page with the most to reach has half as many


def tab_to(page, name: str) -> None:
    """Press Tab until what is called so has the focus, and shows it."""
    met = []
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        met.append(page.evaluate(NAME))
        if met[-1] == name:
            assert page.evaluate(OUTLINE) != "none", f"{name!r} does not show that it has the focus"
            return
    raise AssertionError(f"{name!r} is not reached by Tab, only {met}")


def follow(page, name: str, heading: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def fill(page, **fields: str) -> None:
    """In the order of the form."""
    for label, text in fields.items():
        tab_to(page, label.replace("_", " "))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)


def by_keyboard(page) -> None:
    page.goto("/sign-in")
    page.keyboard.type("operator")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_an_operator_needs_no_mouse(page):
    by_keyboard(page)
    follow(page, "Endpoints", "Endpoints")
    follow(page, "Add an endpoint", "Add an endpoint")
    fill(page, Name="keys", Host="192.0.2.201", City="London", Latitude="51.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("needs latitude and longitude")
    fill(page, Longitude="-0.13")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="keys", exact=True)).to_be_visible()
    follow(page, "Edit keys", "keys")
    fill(page, Weight="20")
    page.keyboard.press("Enter")
    expect(page.locator(".row", has_text="keys")).to_contain_text("weight 20")
    follow(page, "Edit keys", "keys")
    page.on("dialog", lambda dialog: dialog.accept())
    follow(page, "Remove keys", "Endpoints")
    expect(page.get_by_role("heading", name="keys", exact=True)).to_have_count(0)

    follow(page, "Carriers", "Carriers")
    follow(page, "Add a carrier", "Add a carrier")
    fill(page, Name="typed", Host="sip.typed.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="typed", exact=True)).to_be_visible()
    tab_to(page, "Disable typed")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Enable typed")).to_be_visible()

    follow(page, "Routes", "Routes")
    fill(page, A_number_that_is_called="+33 1 23 45 67 89")
    expect(page.locator("#which")).to_contain_text("telco")
    follow(page, "Inventory", "Inventory")
    fill(page, Number="+44207123000")
    expect(page).to_have_url(re.compile(r"q=%2B44207123000&"))  # what was found for less of it is gone
    expect(page.locator("tbody tr")).to_have_count(10)
    tab_to(page, "+44 20 7123 0000")
    page.keyboard.press("Space")
    fill(page, Account_that_gets_them="globex")
    tab_to(page, "Give to account")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("globex")

    follow(page, "Accounts", "Accounts")
    tab_to(page, "Act as globex")
    page.keyboard.press("Enter")
    expect(page.locator(".acting")).to_contain_text("globex")
    tab_to(page, "Back to all accounts")
    page.keyboard.press("Enter")
    expect(page.locator(".acting")).to_have_count(0)
    follow(page, "Audit log", "Audit log")
    expect(page.locator("#results")).to_contain_text("keys")


def test_an_operator_needs_no_scripts(without_scripts):
    page = without_scripts
    page.goto("/")
    page.get_by_label("Name or e-mail address").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Endpoints").click()
    page.get_by_role("link", name="Add an endpoint").click()
    page.get_by_label("Name", exact=True).fill("plain")
    page.get_by_label("Host", exact=True).fill("192.0.2.202")
    page.get_by_label("TLS port").fill("5060")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot have TCP and TLS at the same port")
    page.get_by_label("TLS port").fill("5061")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="plain", exact=True)).to_be_visible()
    page.get_by_role("link", name="Edit plain").click()
    page.get_by_role("button", name="Remove plain").click()
    expect(page.get_by_role("heading", name="plain", exact=True)).to_have_count(0)

    page.get_by_role("link", name="Carriers").click()
    page.get_by_role("button", name="Disable backup").click()
    page.get_by_role("button", name="Enable backup").click()
    expect(page.get_by_role("button", name="Disable backup")).to_be_visible()
    page.get_by_role("link", name="Routes").click()
    page.get_by_label("A number that is called").fill("+33 1 23 45 67 89")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#which")).to_contain_text("telco")
    page.get_by_role("link", name="Inventory").click()
    page.get_by_label("Number", exact=True).fill("+44207123001")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("+44 20 7123 0010").check()
    page.get_by_label("Account that gets them").fill("globex")
    page.get_by_role("button", name="Give to account").click()
    expect(page.locator("tbody")).to_contain_text("globex")
    page.get_by_role("link", name="Nodes").click()
    expect(page.get_by_role("heading", name="node1")).to_be_visible()
    page.get_by_role("link", name="Accounts").click()
    page.get_by_role("button", name="Act as acme").click()
    expect(page.locator(".acting")).to_contain_text("acme")
    page.get_by_role("button", name="Back to all accounts").click()
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Who", exact=True).fill("operator")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#results")).to_contain_text("plain")


def test_the_name_of_an_account_is_not_broken_beside_a_long_forward(page, sign_in):
    sign_in("operator").goto("/inventory/?account=acme")
    cell = page.locator('td[data-label="Account"]').first
    cell.evaluate("e => { e.textContent = 'northwind' }")
    lines = (
        """e => { const all = document.createRange(); all.selectNodeContents(e); return all.getClientRects().length }"""
    )
    assert cell.evaluate(lines) == 1
