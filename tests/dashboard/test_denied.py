"""A PBX that is not let in: whoever looks for why sees it, and nobody else's."""

import re
from datetime import UTC, datetime, timedelta

import pytest

WORDS = "REGISTER from udp:192.0.2.7:5060 had a wrong secret"


@pytest.fixture
def denied(cast):
    """`denied(minutes=5)`: the key's credentials were refused so long ago."""
    from trunkline.control.feed import DatabaseSink

    def note(key=None, **ago):
        time = (datetime.now(UTC) - timedelta(**ago)).timestamp()
        facts = {"key": str(key or cast.key), "denial": "secret", "method": "REGISTER", "source": "udp:192.0.2.7:5060"}
        DatabaseSink().store("n", "f", [{"event": "denied", "time": time, "node": "n", "call": "", **facts}], 1)

    return note


def test_the_key_says_it_and_the_overview_for_an_hour(owner, member, denied):
    assert "Last refused" not in owner.get("/trunk/").content.decode()
    denied(minutes=5)
    for browser in (owner, member):
        assert WORDS in browser.get("/trunk/").content.decode()
        assert WORDS in browser.get("/").content.decode()
    denied(minutes=-1)
    assert owner.get("/").content.decode().count(WORDS) == 1


def test_that_it_was_refused_is_said_once(owner, denied):
    denied(minutes=5)
    [said] = re.findall(r"Last refused [^<]*", owner.get("/trunk/").content.decode())
    assert (WORDS in said, said.count("refused")) == (True, 1)


def test_an_hour_later_only_the_key_says_it(owner, denied):
    denied(minutes=61)
    assert WORDS in owner.get("/trunk/").content.decode()
    assert WORDS not in owner.get("/").content.decode()


def test_it_is_nobody_elses(stranger, operator, denied):
    denied(minutes=5)
    for page in ("/trunk/", "/"):
        assert WORDS not in stranger.get(page).content.decode()
        assert WORDS not in operator.get(page).content.decode()


def test_the_overview_tells_of_three_at_most(owner, services, cast, denied):
    for _ in range(5):
        denied(services.keys.create(cast.owner)[0], minutes=5)
    assert owner.get("/").content.decode().count(WORDS) == 3


def test_what_a_stranger_wrote_is_no_markup(owner, cast):
    from trunkline.control.keys.models import Key

    Key.objects.update(denied=datetime.now(UTC), denial="secret", denied_method="<b>", denied_source="udp:<i>")
    for page in ("/trunk/", "/"):
        text = owner.get(page).content.decode()
        assert "&lt;b&gt; from udp:&lt;i&gt;" in text
