"""A dashboard with something in it, and a real Chromium that people look at it with.

Screenshots go into the folder that `--screenshots FOLDER` names, or else into the test's own.
"""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect, sync_playwright

from browser.serving import PORT, served

WAIT = 30_000  # ms; bounds what fails, on a machine that is busy with other tests
PASSWORD = "correct horse battery staple"
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def bare_dashboard(addresses):
    """Its settings and its process; there is nothing in it, and nobody who may sign in."""
    address = addresses.take()
    with served(address) as (settings, process):
        yield settings, process
    addresses.give_back(address)


@pytest.fixture(scope="module")
def dashboard(addresses):
    """`url`, `settings`, and the names of what is there."""
    address = addresses.take()
    with served(address) as (settings, process):
        made = _furnish(settings)
        yield SimpleNamespace(
            url=f"https://{address}:{PORT}", address=address, settings=settings, process=process, **made
        )
    addresses.give_back(address)


@pytest.fixture(scope="module")  # no longer, as Django refuses to work in a thread where Playwright runs its loop
def chromium(dashboard):
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", headless=True, chromium_sandbox=False, args=FLAGS
        )
        yield browser
        browser.close()


@contextmanager
def window_of(chromium, dashboard, **options):
    """A window of a browser that nobody has signed in with. It fails the test when the page asks another host, when a
    script fails, or when the policy of the page forbids something that the page does."""
    context = chromium.new_context(
        ignore_https_errors=True, base_url=dashboard.url, viewport={"width": 1280, "height": 860}, **options
    )
    context.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    window, wrong = context.new_page(), []
    context.on("request", lambda r: wrong.append(r.url) if not r.url.startswith((dashboard.url, "data:")) else None)
    window.on("pageerror", lambda error: wrong.append(str(error)))
    window.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    yield window
    context.close()
    assert wrong == []


@pytest.fixture
def page(chromium, dashboard):
    with window_of(chromium, dashboard) as window:
        yield window


@pytest.fixture
def without_scripts(chromium, dashboard):
    with window_of(chromium, dashboard, java_script_enabled=False) as window:
        yield window


@pytest.fixture
def sign_in(page):
    def enter(name: str):
        page.goto("/")
        page.get_by_label("Name or e-mail address").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page

    return enter


@pytest.fixture(scope="session")
def screenshots(request, tmp_path_factory):
    folder = request.config.getoption("--screenshots")
    folder = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _furnish(settings) -> dict:
    from trunkline import control
    from trunkline.control.database import close

    control.setup(settings)
    from trunkline.control import services

    acme = services.accounts.create("acme", sources=["192.0.2.0/28"], destinations=["44", "33"])
    services.accounts.create("empty")
    services.accounts.create("globex")
    key, _ = services.keys.create(acme)
    was, _ = services.keys.create(acme)
    services.keys.create(acme)
    services.keys.rotate(key)
    forwards = {
        0: "sip:1234@pbx.acme.example;timeout=2000,sip:1234@203.0.113.9;transport=tls",
        2: "sip:desk@198.51.100.7",
    }
    for n in range(60):
        services.numbers.add(f"+4477009000{n:02}", acme, forwards.get(n % 5, f"sip:{1000 + n}@pbx.acme.example"))
    services.numbers.forward(services.numbers.get("+447700900007"), "")
    for n in range(12):
        services.numbers.add(f"+44207123000{n}" if n < 10 else f"+4420712300{n}", monthly_cost=f"{n % 3}.50")
    tried = services.jobs.create("options", services.numbers.get("+447700900000"), "alice@acme.example")
    asked = [
        {"uri": "sip:1234@pbx.acme.example;timeout=2000", "address": "udp:198.51.100.20:5060", "code": 200,
         "reason": "OK", "ms": 23, "problem": ""},
        {"uri": "sip:1234@203.0.113.9;transport=tls", "address": "tls:203.0.113.9:5061", "code": 0, "reason": "",
         "ms": 31, "problem": "the connection was refused or failed"},
    ]  # fmt: skip
    services.jobs.finish(tried, {"asked": asked})
    for name, account, role in (("alice@acme.example", acme, "owner"), ("bob@acme.example", acme, "member")):
        services.users.create(name, account, role, PASSWORD)
    services.users.create("carol@empty.example", services.accounts.get("empty"), "owner", PASSWORD)
    services.users.create("operator", None, password=PASSWORD)
    closed = services.accounts.create("closed", sources=["192.0.2.32/30"])
    services.users.create("dan@closed.example", closed, "owner", PASSWORD)
    services.users.create("eve@closed.example", closed, "member", PASSWORD)
    services.numbers.add("+447700901000", closed, "sip:1000@pbx.closed.example")
    services.keys.rotate(services.keys.create(closed)[0])
    services.accounts.change(closed, enabled=False)
    failed = _calls(acme, key.name)
    _nodes()
    _registered({key.name: 240, was.name: -3000})
    services.imports.begin("from-telco.csv", b"number,account\n+44207,acme\n+442071230001,nobody\n+447700900000,\n")
    services.imports.begin("numbers.csv", b"number,account\n+442071239001,acme\n+442071239002,\n")
    while services.import_worker.step():
        continue
    telco = services.carriers.create(
        "telco", "sip.telco.example", username="us", password="p", sources=["192.0.2.64/28"]
    )
    backup = services.carriers.create("backup", "198.51.100.9", transport="tls", prefix="+", sources=["198.51.100.9"])
    services.carriers.create("former", "sip.former.example")
    services.carriers.change(services.carriers.get("former"), enabled=False)
    for prefix, carrier, priority in (("", telco, 10), ("44", telco, 10), ("44", backup, 10), ("4420", backup, 20)):
        services.routes.add(prefix, carrier, priority=priority)
    close()
    return {"number": "447700900007", "key": key.name, "failed": failed}


def _calls(account, key: str) -> str:
    """A day of calls, as an office has them; returns the uid of one that two carriers failed."""
    from trunkline.control.calls.models import Attempt, Call

    now = datetime.now(UTC).replace(microsecond=250_000)
    calls = []
    for n in range(230):
        began = now - timedelta(minutes=6 * n)
        inbound = n % 3 == 0
        fields = {
            "uid": f"{n:016x}", "node": "node1", "account": account, "started": began, "call_id": f"{n}@pbx",
            "owner": account if inbound else None, "direction": "inbound" if inbound else "outbound",
            "key": "" if inbound else key, "carrier": "telco", "source": "udp:192.0.2.10:5060",
            "caller": f"3312345{n:04}" if inbound else "447700900001",
            "called": "447700900000" if inbound else f"4420712{n:05}",
        }  # fmt: skip
        calls.append(Call(**fields | _outcome(n, began)))
    Call.objects.bulk_create(calls)
    sent = [
        call
        for call in Call.objects.exclude(uid=f"{7:016x}")
        if call.direction == "outbound" and call.outcome == "answered"
    ]
    Attempt.objects.bulk_create(
        Attempt(call=call, n=1, kind="carrier", target="telco", started=call.started, ended=call.answered, code=200)
        for call in sent
    )
    Call.objects.filter(uid=f"{8:016x}").update(
        caller_packets=16_050, caller_lost=12, caller_jitter=3.1, caller_round_trip=41.0, caller_mos=4.3,
        callee_packets=16_044, callee_lost=0, callee_jitter=0.4, callee_mos=4.4, media="srtp",
    )  # fmt: skip
    failed = Call.objects.get(uid=f"{7:016x}")
    at = lambda seconds: failed.started + timedelta(seconds=seconds)  # noqa: E731
    Call.objects.filter(pk=failed.pk).update(
        outcome="failed", code=503, reason="Service Unavailable", answered=None, hung_up=None, duration=None,
        refused=at(6.4), warning="no carrier took it: the first gave no response in time, the second answered 503",
    )  # fmt: skip
    common = {"call": failed, "kind": "carrier"}
    Attempt.objects.create(
        **common, n=1, target="telco", address="udp:198.51.100.1:5060", cause="silence", reason="",
        started=at(0.02), ended=at(5.02),
    )  # fmt: skip
    Attempt.objects.create(
        **common, n=2, target="backup", address="tls:198.51.100.9:5061", cause="reply", code=503,
        reason="Service Unavailable", started=at(5.03), ended=at(6.39),
    )  # fmt: skip
    return failed.uid


def _outcome(n: int, began: datetime) -> dict:
    if n == 1:
        return {"outcome": "open", "code": 200, "answered": began + timedelta(seconds=4)}
    if n % 11 == 4:
        return {"outcome": "rejected", "code": 403, "reason": "Forbidden", "refused": began, "carrier": "",
                "warning": "the caller ID +15550100 is none of the account's numbers"}  # fmt: skip
    if n % 29 == 9:
        return {"outcome": "rejected", "code": 404, "reason": "Not Found", "refused": began, "carrier": "",
                "warning": "12345 is not an E.164 number"}  # fmt: skip
    if n % 7 == 5:
        return {
            "outcome": "cancelled",
            "code": 487,
            "reason": "Request Terminated",
            "refused": began + timedelta(seconds=14),
        }
    talked = 20.0 + 37 * (n % 13)
    answered = began + timedelta(seconds=6)
    return {"outcome": "answered", "code": 200, "answered": answered, "hung_up": answered + timedelta(seconds=talked),
            "hung_up_by": "caller", "duration": talked}  # fmt: skip


def _registered(seconds: dict[str, int]) -> None:
    """By key: until when."""
    from trunkline.contract.registrations import Registered
    from trunkline.control.feed import DatabaseRegistrations

    now = int(datetime.now(UTC).timestamp())
    said = ("tcp:[2001:db8:85a3::8a2e:370:7334]:40960", "Asterisk PBX 22.5.2", now - 90_000)
    rows = [Registered(key, *said, now - 3600, now + left) for key, left in seconds.items()]
    DatabaseRegistrations().note("node1", rows, (), now)


def _nodes() -> None:
    from trunkline.control.nodes.models import Node

    now = datetime.now(UTC)
    shown = {"instance": "i", "region": "eu-west", "started": now - timedelta(hours=9), "calls": 12, "load": 0.21}
    Node.objects.create(name="node1", addresses=["198.51.100.7"], seen=now + timedelta(hours=1), **shown)
    Node.objects.create(name="node2", addresses=["198.51.100.8"], seen=now - timedelta(hours=1), **shown)
    problems = {"kamailio": "does not run: see `trunkline logs kamailio`"}
    Node.objects.create(
        name="node3", addresses=["198.51.100.9"], seen=now + timedelta(hours=1), problems=problems, **shown
    )
