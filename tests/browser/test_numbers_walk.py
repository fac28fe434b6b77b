"""How people find numbers and read in files of them, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from browser.behind import stored, work_off

pytestmark = pytest.mark.long

READ_OUT = """() => {
  const read = [];
  new MutationObserver(() => read.push(heard.textContent)).observe(heard, {childList: true, characterData: true});
  return read;
}"""


def polled(page) -> None:
    """Wait until a part of the page was drawn again."""
    page.evaluate("() => new Promise(drawn => addEventListener('htmx:afterSettle', drawn, {once: true}))")


def test_numbers_are_found_while_typing_and_back_brings_back_the_page(sign_in):
    page = sign_in("alice@acme.example")
    page.goto("/numbers/")
    expect(page.locator(".row")).to_have_count(25)
    page.get_by_label("Find a number").fill("90005")
    expect(page.locator(".row")).to_have_count(10)
    expect(page).to_have_url(re.compile(r"\?q=90005"))
    page.get_by_label("Find a number").fill("4477 x")
    expect(page.locator(".notice.bad")).to_contain_text("is not part of a telephone number")
    page.go_back()
    expect(page.locator(".row")).to_have_count(10)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_an_operator_imports_a_file_of_numbers(sign_in, dashboard, tmp_path):
    page = sign_in("operator")
    page.get_by_role("link", name="Inventory").click()
    page.get_by_role("link", name="Import a file").click()
    (tmp_path / "more.csv").write_text("number,account\n+442079460001,acme\n+442079460002,\n")
    page.get_by_label("CSV file").set_input_files(tmp_path / "more.csv")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator("#progress")).to_contain_text("It is waiting to be checked.")
    read_out = page.evaluate_handle(READ_OUT)
    polled(page)
    polled(page)
    work_off(dashboard)
    expect(page.locator("#progress")).to_contain_text("It would add 2 and change 0")  # without anybody's doing
    [said] = read_out.json_value()  # and once: not with each poll
    assert said.startswith("It would add 2 and change 0")
    page.get_by_role("button", name="Write it").click()
    expect(page.locator("#progress")).to_contain_text("It is waiting to be written.")
    work_off(dashboard)
    expect(page.locator("#progress")).to_contain_text("Done: 2 added")
    page.goto("/inventory/?q=%2B4420794")
    page.get_by_label("+44 20 7946 0002").check()
    page.get_by_label("Account that gets them").fill("acme")
    page.get_by_role("button", name="Give to account").click()
    expect(page.locator("tbody tr").nth(1)).to_contain_text("acme")
    page.get_by_label("+44 20 7946 0001").check()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto("/routes/")
    page.get_by_label("A number that is called").fill("+33 1 23 45 67 89")
    expect(page.locator("#which")).to_contain_text("telco")


def test_ten_megabytes_are_refused_in_words(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    before = stored(dashboard, "447700900021")
    page.goto("/numbers/447700900021/forward")
    page.evaluate("document.querySelector('textarea').value = 'x'.repeat(10_000_000)")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("alert")).to_contain_text("No more than 100,000 bytes are taken here")
    assert stored(dashboard, "447700900021") == before
