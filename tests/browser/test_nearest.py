"""A customer says where its PBX is, and sees which server is the nearest."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def endpoints(dashboard):
    """`ap` and `eu`, and what lets a node of each tell how far a PBX is."""

    def with_services(function):
        from trunkline import control
        from trunkline.control.database import close

        control.setup(dashboard.settings)
        from trunkline.control import services

        try:
            return function(services)
        finally:
            close()

    def make(services):
        services.endpoints.add("ap", "192.0.2.1", city="Singapore", latitude=1.35, longitude=103.8)
        services.endpoints.add("eu", "192.0.2.2", city="London", latitude=51.5, longitude=-0.13)

    def measured(services):
        from trunkline.contract.distances import FORWARD, RoundTrip
        from trunkline.contract.feed import Heartbeat
        from trunkline.control.feed import DatabaseDistances, DatabaseSink

        account, now = services.accounts.get("acme").pk, time.time()
        for node, address, ms in (("a", "192.0.2.1", 7.4), ("b", "192.0.2.2", 90.2)):
            DatabaseSink().heartbeat(Heartbeat(node, node, "r", [address], 5060, 5061, "0.1.0", now, {}, 0, 0.0, False))
            DatabaseDistances().note(node, [account], [(account, FORWARD, RoundTrip("203.0.113.9", now, now, ms))])

    with ThreadPoolExecutor(1) as thread:  # Django refuses to work in the thread where Playwright runs its loop
        thread.submit(with_services, make).result()
        yield lambda: thread.submit(with_services, measured).result()


def test_the_nearest_server_is_first(sign_in, endpoints, screenshots):
    page = sign_in("alice@acme.example")
    page.goto("/trunk/")
    server = page.get_by_role("region", name="For your PBX")
    first = server.locator("dt").first
    expect(first).to_have_text("Server in Singapore")
    field = page.get_by_label("Where your PBX is")
    field.fill("Berlin")
    field.press("Enter")
    expect(page.get_by_label("Where your PBX is")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Where your PBX is").fill("52.52, 13.405")
    page.get_by_label("Where your PBX is").press("Enter")
    expect(first).to_have_text("Server in London")
    expect(server).to_contain_text("The nearest server to 52.52, 13.405 is first")
    photograph(page, screenshots, "trunk-place")
    endpoints()
    page.goto("/trunk/")
    expect(first).to_have_text("Server in Singapore")
    expect(server).to_contain_text("7 ms from your PBX")
    expect(page.get_by_label("Where your PBX is")).to_have_count(0)
    photograph(page, screenshots, "trunk-measured")


def photograph(page, folder, name):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 860})
            page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
