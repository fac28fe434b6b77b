"""What a page looks at again by itself, in a real browser."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.long


def test_a_pbx_that_registers_is_shown_and_what_was_chosen_stays(page, sign_in, dashboard):
    sign_in("alice@acme.example")
    page.goto("/trunk/")
    name = page.locator(".row.key", has_text="Never registered").locator("h3").inner_text()
    key = page.locator(".row.key", has_text=name)
    expect(key.locator(".registration")).to_contain_text("Never registered")
    key.get_by_label("Scope", exact=True).select_option("calls")
    register(dashboard, name)
    expect(key.locator(".registration")).to_contain_text("Registered from udp:192.0.2.7:5060 at node ams1")
    expect(key.get_by_label("Scope", exact=True)).to_have_value("calls")


def register(dashboard, name: str) -> None:
    """As a node tells it: Django itself works in no thread that has Playwright's loop."""
    now = datetime.now(UTC)
    times = [str(moment)[:19] for moment in (now, now, now + timedelta(hours=1))]
    with closing(sqlite3.connect(dashboard.settings.home / "control.db", timeout=20)) as database, database:
        database.execute(
            "INSERT INTO registrations_registration (key_id, node, source, user_agent, since, refreshed, until, ended) "
            "SELECT id, 'ams1', 'udp:192.0.2.7:5060', 'Asterisk', ?, ?, ?, 0 FROM keys_key WHERE name = ?",
            (*times, name),
        )
