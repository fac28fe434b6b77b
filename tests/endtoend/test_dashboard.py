"""The page's steps on a whole node, in a real browser, to a call that arrives where they say."""

import asyncio
import contextlib
import json
import pwd
import ssl
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from browser.conftest import FLAGS
from chaos.calling import answer_quickly, carrier, dial_carrier, pbx
from endtoend.test_changes import in_force
from harness.node import NUMBER, Node
from harness.polling import PATIENCE, until
from trunkline.sandbox import behaviour

pytestmark = pytest.mark.long


@pytest.fixture
def node(addresses):
    node = Node(addresses, web={"enabled": True})
    yield node
    node.discard()


@contextlib.contextmanager
def row_of_the_number(url: str, password: str):
    """Sign into Dashboard. Click Products > Numbers. Scroll to the number."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False, args=FLAGS)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.goto(url)
        page.get_by_label("Name or e-mail address").fill("alice@customer.example")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Products").click()
        page.get_by_role("link", name="Numbers").click()
        row = page.locator(f"#number-{NUMBER}")
        row.scroll_into_view_if_needed()
        yield row
        browser.close()


def forward(url: str, password: str, uri: str) -> None:
    """To forward from it, select Forward to SIP. Type a valid SIP URI and click Update."""
    with row_of_the_number(url, password) as row:
        row.get_by_role("link", name="Forward to SIP").click()
        row.page.get_by_label("Forward to SIP", exact=True).fill(uri)
        row.get_by_role("button", name="Update").click()
        row.get_by_role("status").get_by_text("Updated").wait_for()


def try_out(url: str, password: str, uri: str) -> None:
    """Test its URIs, place a test call to it, and read what became of that."""
    with row_of_the_number(url, password) as row:
        row.get_by_role("button", name="Test the URIs of").click()
        expect(row.locator(".asked")).to_contain_text("Answers 200 OK", timeout=20_000)
        row.get_by_role("button", name="Place a test call to").click()
        expect(row.locator(".trials")).to_contain_text("Audio came back from the PBX", timeout=40_000)
        expect(row.locator(".timeline")).to_contain_text(f"tries {uri}")
        expect(row.locator(".timeline")).to_contain_text("hangs up", timeout=20_000)
        row.get_by_role("link", name="The record of this call").click()
        expect(row.page.locator(".timeline")).to_contain_text("this dashboard, as a test")


def registration_becomes(url: str, password: str, words: str) -> None:
    """The page Trunk is loaded until it says so of a key."""
    with row_of_the_number(url, password) as row:
        page = row.page
        page.get_by_role("link", name="Trunk", exact=True).click()
        said = page.locator(".registration")
        until(lambda: page.reload() and words in said.inner_text(), PATIENCE, f"the page says {words!r}")


async def test_from_the_first_start_to_a_call_that_arrives(node, agent):
    said = await asyncio.to_thread(node.up)
    url = f"https://{node.address}:8443/"
    assert f"The dashboard is at {url}\n" in said
    assert "Add its first user (the password is printed): trunkline user add NAME --operator" in said
    await asyncio.to_thread(node.furnish)
    user = json.loads(
        await asyncio.to_thread(node.do, "user", "add", "alice@customer.example", "--account", "customer", "--json")
    )
    far, desk, before = await carrier(node, agent), await agent(), await pbx(node, agent)
    desk.on_call = answer_quickly
    before.on_call = behaviour.refuse(404)  # at once, so that a call that comes too early costs none of the two seconds
    uri = f"sip:desk@{desk.address}:{desk.port()}"
    await asyncio.to_thread(forward, url, user["password"], uri)

    async def arrives() -> bool:
        call = await dial_carrier(node, far, f"+{NUMBER}")
        answered = (await call.final()).code == 200
        if answered:
            await call.bye()
        return answered

    await in_force(arrives)
    desk.on_call = behaviour.echo
    await asyncio.to_thread(try_out, url, user["password"], uri)
    assert [request.method for request in desk.requests] == ["OPTIONS"]
    for expires, words in ((300, f"Registered from udp:{desk.address}:{desk.port()} at node"), (0, "Not registered")):
        answer = await desk.register(node.uri(), node.key.name, node.key.secret, via=node.udp, expires=expires)
        assert answer.code == 200, answer
        await asyncio.to_thread(registration_becomes, url, user["password"], words)


def test_the_dashboard_comes_back_and_its_absence_is_told(node):
    node.up()
    ours = (" node web ", " node jobs ", "spawn_main")
    served_by = [pid for pid, command in node.processes().items() if any(words in command for words in ours)]
    assert len(served_by) >= 3
    assert [_uids(pid) for pid in served_by] == [{_user()}] * len(served_by)
    killed = node.kill_part("web")
    until(lambda: node.is_back("web", killed), 20, "the dashboard is started again")
    until(lambda: node.status()[0] == 0, 20, "all is well")
    assert node.serves()
    _another_certificate(node)


def _another_certificate(node) -> None:
    """It is served without a start, by Kamailio and the dashboard; one that cannot be is not tried."""

    def served() -> set[str]:
        ports = (node.settings.sip.tls_port, node.settings.web.port)
        return {ssl.get_server_certificate((node.address, port)) for port in ports}

    before, kamailio = served(), node.pid("kamailio")
    (node.home.tls / "node.crt").unlink()
    assert "The certificate is served: made for" in node.do("node", "certificate")
    until(lambda: node.status()[0] == 0, 20, "all is well")
    now = served()
    assert now == {(node.home.tls / "node.crt").read_text()}
    assert now != before
    (node.home.tls / "node.key").write_bytes(b"not a key")
    refused = node.run("node", "certificate")
    assert (refused.returncode, "the certificate that was served before still is: " in refused.stderr) == (1, True)
    assert (served(), node.pid("kamailio")) == (now, kamailio)


def _user() -> int:
    return pwd.getpwnam("trunkline").pw_uid


def _uids(pid: int) -> set[int]:
    [line] = [row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("Uid:")]
    return {int(word) for word in line.split()[1:]}
