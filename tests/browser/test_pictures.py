"""Every page, light and dark, wide and narrow: it fits its window, can be read aloud, and is photographed for people
to look at."""

import pytest

pytestmark = pytest.mark.long

PAGES = {
    "overview": ("alice@acme.example", "/"),
    "numbers": ("alice@acme.example", "/numbers/"),
    "editor": ("alice@acme.example", "/numbers/447700900000/forward"),
    "calls": ("alice@acme.example", "/calls/"),
    "live": ("alice@acme.example", "/calls/?outcome=open"),
    "shop": ("alice@acme.example", "/numbers/buy"),
    "release": ("alice@acme.example", "/numbers/447700900000/release"),
    "trial": ("alice@acme.example", "/trials/1"),
    "call": ("alice@acme.example", "/calls/{failed}"),
    "answered": ("alice@acme.example", "/calls/0000000000000008"),
    "trunk": ("alice@acme.example", "/trunk/"),
    "users": ("alice@acme.example", "/users/"),
    "password": ("alice@acme.example", "/password"),
    "api": ("alice@acme.example", "/api/v1/"),
    "second-factor": ("alice@acme.example", "/second-factor"),
    "sign-in": ("", "/sign-in"),
    "missing": ("alice@acme.example", "/numbers/447700999999"),
    "empty-overview": ("carol@empty.example", "/"),
    "empty-numbers": ("carol@empty.example", "/numbers/"),
    "empty-trunk": ("carol@empty.example", "/trunk/"),
    "disabled-numbers": ("dan@closed.example", "/numbers/"),
    "disabled-trunk": ("dan@closed.example", "/trunk/"),
    "accounts": ("operator", "/accounts/"),
    "operator-calls": ("operator", "/calls/"),
    "account": ("operator", "/accounts/acme/edit"),
    "account-add": ("operator", "/accounts/add"),
    "inventory": ("operator", "/inventory/"),
    "inventory-add": ("operator", "/inventory/add"),
    "import": ("operator", "/inventory/import"),
    "import-faults": ("operator", "/inventory/imports/1"),
    "import-checked": ("operator", "/inventory/imports/2"),
    "endpoints": ("operator", "/endpoints/"),
    "endpoint-add": ("operator", "/endpoints/add"),
    "nodes": ("operator", "/nodes/"),
    "carriers": ("operator", "/carriers/"),
    "carrier": ("operator", "/carriers/telco/edit"),
    "carrier-add": ("operator", "/carriers/add"),
    "routes": ("operator", "/routes/?number=442071234567"),
    "route-add": ("operator", "/routes/add"),
    "audit": ("operator", "/audit/"),
    "owner-audit": ("alice@acme.example", "/audit/"),
}
# What somebody who listens to a page, or speaks to it, would miss (WCAG 2.2, 1.3.1, 2.4.6, 2.5.3 and 4.1.2)
UNHEARD = """() => {
  const missing = [];
  const named = (e) => e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.title;
  for (const e of document.querySelectorAll("input:not([type=hidden], [hidden]), select, textarea")) {
    if (!named(e)) missing.push(`no label: ${e.outerHTML.slice(0, 120)}`);
  }
  for (const e of document.querySelectorAll("a[href], button, summary")) {
    const seen = e.textContent.trim().replace(/\\s+/g, " ").toLowerCase();
    if (!named(e) && !seen) missing.push(`no name: ${e.outerHTML.slice(0, 120)}`);
    const name = e.getAttribute("aria-label")?.toLowerCase();
    if (name && /\\w/.test(seen) && !name.includes(seen)) missing.push(`"${seen}" is called "${name}"`);
  }
  for (const attribute of ["for", "aria-labelledby", "aria-describedby"]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(" ")) {
        if (!document.getElementById(id)) missing.push(`${attribute} leads nowhere: ${id}`);
      }
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) missing.push(`twice: ${id}`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((e) => Number(e.tagName[1]));
  levels.forEach((level, n) => level > (levels[n - 1] ?? 0) + 1 && missing.push(`h${level} after h${levels[n - 1]}`));
  if (levels.filter((level) => level === 1).length !== 1) missing.push("not one h1");
  for (const e of document.querySelectorAll("time")) {
    if (!/^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$/.test(e.dateTime)) missing.push(`no time: ${e.dateTime}`);
  }
  if (!document.documentElement.lang || !document.title) missing.push("no language or title");
  return missing;
}"""
# The lower edges of the filters' fields and of their button: one where they stand in a line
LINES = """() => [...new Set(
  [...document.querySelectorAll(".filters > *")].map((e) => Math.round(e.getBoundingClientRect().bottom)),
)]"""
WIDTHS = {"wide": 1280, "narrow": 390}


def test_every_page_fits_its_window_and_can_be_read_aloud(sign_in, dashboard, screenshots, pytestconfig):
    """Colours change nothing of that; each is photographed in both schemes where pictures are asked for."""
    schemes = ("light", "dark") if pytestconfig.getoption("--screenshots") else ()
    page, who, unheard = None, "", {}
    for name, (user, path) in PAGES.items():
        if user != who:
            if page:
                page.context.clear_cookies()
            page, who = (sign_in(user) if user else page), user
        page.goto(path.format(failed=dashboard.failed))
        unheard[name] = page.evaluate(UNHEARD)
        for size, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 860})
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
            if size == "wide":
                assert len(page.evaluate(LINES)) == (1 if page.locator(".filters").count() else 0), name
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way to another
                page.screenshot(path=screenshots / f"{name}-{scheme}-{size}.png", full_page=True)
    assert {name: found for name, found in unheard.items() if found} == {}


def test_the_picture_in_the_readme(sign_in, screenshots):
    page = sign_in("alice@acme.example")
    page.set_viewport_size({"width": 1120, "height": 700})
    page.goto("/numbers/")
    row = page.locator("#number-447700900001")
    row.get_by_role("link", name="Forward to SIP").click()
    page.get_by_label("Forward to SIP", exact=True).fill("sip:1001@pbx.acme.example,\nsip:1001@203.0.113.9;timeout=200")
    row.locator("mark").wait_for()
    page.screenshot(path=screenshots / "readme.png")
