"""What people do with the dashboard, in a real browser."""

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
from playwright.sync_api import expect

from browser.conftest import PASSWORD

VALID = "sip:1234@pbx.acme.example;timeout=2000,sip:1234@203.0.113.9;transport=tls"


def stored(dashboard, number: str) -> str:
    """The *Forward to SIP* of a number, as the control plane has it."""
    with ThreadPoolExecutor(1) as thread:  # Django refuses to work in the thread where Playwright runs its loop
        return thread.submit(_stored, dashboard, number).result()


def work_off(dashboard) -> None:
    """Check or write the imports that wait, as a part of the node does."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_work_off, dashboard).result()


READ_OUT = """() => {
  const read = [];
  new MutationObserver(() => read.push(heard.textContent)).observe(heard, {childList: true, characterData: true});
  return read;
}"""


def polled(page) -> None:
    """Wait until a part of the page was drawn again."""
    page.evaluate("() => new Promise(drawn => addEventListener('htmx:afterSettle', drawn, {once: true}))")


def _work_off(dashboard) -> None:
    from trunkline import control
    from trunkline.control.database import close

    control.setup(dashboard.settings)
    from trunkline.control import services

    try:
        while services.import_worker.step():
            continue
    finally:
        close()


def _stored(dashboard, number: str) -> str:
    from trunkline import control
    from trunkline.control.database import close

    control.setup(dashboard.settings)
    from trunkline.control import services

    try:
        return services.numbers.get(number).forward
    finally:
        close()


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
    expect(row).to_contain_text("Forwarded nowhere")
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


def test_a_secret_is_shown_once_and_two_live_at_a_time(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    page.goto("/trunk/")
    rotate = page.get_by_role("button", name="Make another secret for")
    expect(rotate).to_have_count(1)  # the other key has two already
    rotate.click()
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
    expect(page.locator(".outcome")).to_contain_text("The carrier's: backup said 503 Service Unavailable.")
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


def test_an_operator_imports_a_file_of_numbers(sign_in, dashboard, tmp_path):
    page = sign_in("operator")
    page.get_by_role("link", name="Inventory").click()
    page.get_by_role("link", name="Import a file").click()
    (tmp_path / "more.csv").write_text("number,account\n+442079460001,acme\n+442079460002,\n")
    page.get_by_label("CSV file").set_input_files(tmp_path / "more.csv")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator("#progress")).to_contain_text("It waits to be checked.")
    read_out = page.evaluate_handle(READ_OUT)
    polled(page)
    polled(page)
    work_off(dashboard)
    expect(page.locator("#progress")).to_contain_text("It would add 2 and change 0")  # without anybody's doing
    [said] = read_out.json_value()  # and once: not with each poll
    assert said.startswith("It would add 2 and change 0")
    page.get_by_role("button", name="Write it").click()
    expect(page.locator("#progress")).to_contain_text("It waits to be written.")
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


def test_ten_megabytes_are_refused_in_words(sign_in, dashboard):
    page = sign_in("alice@acme.example")
    before = stored(dashboard, "447700900021")
    page.goto("/numbers/447700900021/forward")
    page.evaluate("document.querySelector('textarea').value = 'x'.repeat(10_000_000)")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("alert")).to_contain_text("No more than 100,000 bytes are taken here")
    assert stored(dashboard, "447700900021") == before


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
