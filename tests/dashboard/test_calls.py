"""Calls: filters, pages, CSV, what one call says, and what each side may see of it."""

import csv
import io
from datetime import timedelta

import pytest

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def failed(record):
    """A call that two carriers failed."""
    at = lambda seconds: record.began + timedelta(seconds=seconds)  # noqa: E731
    return record(
        "failed1", refused=at(6), code=503, reason="Service Unavailable", warning="no carrier took it",
        attempts=[
            {"kind": "carrier", "target": "telco", "address": "udp:198.51.100.1:5060", "cause": "silence", "reason": "",
             "number": "99#33123456789", "started": at(0), "ended": at(5)},
            {"kind": "carrier", "target": "backup", "address": "udp:198.51.100.2:5060", "cause": "reply", "code": 503,
             "reason": "Service Unavailable", "started": at(5), "ended": at(6)},
        ],
    )  # fmt: skip


def test_a_failed_call_says_whose_fault_it_was_and_how_it_came(owner, failed):
    page = owner.get("/calls/failed1").content.decode()
    for words in (
        "The carrier&#x27;s: backup said 503 Service Unavailable, after telco gave no response in time.",
        "tries telco",
        "heard nothing in time, and gave up",
        "says 503 Service Unavailable",
        "no carrier took it",
    ):
        assert words in page
    assert "198.51.100" not in page
    assert "99#" not in page


def test_an_answered_call_says_how_long_it_was_and_how_its_audio_was(owner, record):
    heard = {"caller_packets": 1502, "caller_lost": 3, "caller_jitter": 2.0, "caller_mos": 4.25, "callee_packets": 1490}
    answered = {"outcome": "answered", "code": 200, "answered": record.began, "duration": 185.2}
    record("answered1", **answered, **heard)
    record("answered2", **answered, after=9)
    page = owner.get("/calls/answered1").content.decode()
    assert "Talked for 3:05." in page
    assert "<dt>Audio from the caller</dt><dd>1502 packets, 3 lost, jitter 2.0 ms, MOS 4.2</dd>" in page
    assert "<dt>Audio from the called party</dt><dd>1490 packets</dd>" in page
    assert "Audio from" not in owner.get("/calls/answered2").content.decode()


def test_an_operator_sees_the_addresses(operator, failed):
    assert "tries telco at udp:198.51.100.1:5060 for 99#33123456789" in operator.get("/calls/failed1").content.decode()


@pytest.fixture
def between(record, cast):
    """A call of the account `owner` to a number of the account `stranger`, whose first PBX is down."""
    at = record.began
    return record(
        "between1", direction="internal", owner=cast.stranger, called="447700900002", outcome="answered", answered=at,
        hung_up=at, duration=0.0, code=200,
        attempts=[
            {"kind": "uri", "target": "sip:desk@secret.stranger.example", "address": "tcp:203.0.113.7:5060",
             "started": at, "ended": at, "cause": "transport", "reason": "secret.stranger.example refused it"},
            {"kind": "registered", "target": f"sip:{cast.stranger_key}@sip.trunk.example", "started": at, "ended": at,
             "address": "udp:203.0.113.8:5060", "code": 200, "reason": "OK"},
        ],
    )  # fmt: skip


def test_a_caller_does_not_learn_where_the_called_customers_pbxs_are(owner, between, cast):
    page = owner.get("/calls/between1").content.decode()
    assert "the called PBX" in page
    for secret in ("secret.stranger", "203.0.113", cast.stranger_key.name, "desk"):
        assert secret not in page
        assert secret not in owner.get("/calls.csv").content.decode()


def test_a_called_customer_does_not_learn_who_is_behind_the_number(stranger, between, cast):
    page = stranger.get("/calls/between1").content.decode()
    assert "desk@secret.stranger.example" in page
    assert "another customer" in page
    table = stranger.get("/calls.csv").content.decode()
    for secret in (cast.key.name, "192.0.2.10", "between1@pbx"):
        assert secret not in page
        assert secret not in table
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["account"], row["owner"]) == ("", "stranger")


def test_an_inbound_calls_source_is_the_operators(owner, operator, record, cast):
    record("in1", direction="inbound", owner=cast.owner, key="", carrier="telco", source="udp:198.51.100.3:5060")
    assert "198.51.100" not in owner.get("/calls/in1").content.decode() + owner.get("/calls.csv").content.decode()
    assert "the telephone network" in owner.get("/calls/in1").content.decode()
    assert "198.51.100.3" in operator.get("/calls/in1").content.decode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Trunk group 7 is full; no circuit available (Q.850 cause 34)", True),
        ("No route to 198.51.100.7", False),
        ("sbc1.telco.example says no", False),
        ("ask noc@telco", False),
    ],
)
def test_a_carriers_own_words_are_shown_unless_they_tell_where_it_is(owner, operator, record, said, shown):
    at = record.began
    attempt = {"kind": "carrier", "target": "telco", "code": 503, "cause": "reply", "said": said, "ended": at}
    record("words1", refused=at, code=503, attempts=[attempt])
    seen = said in owner.get("/calls/words1").content.decode()
    assert (seen, said in operator.get("/calls/words1").content.decode()) == (shown, True)


def uids(browser, **conditions):
    text = browser.get("/calls.csv", conditions).content.decode()
    return {row["uid"] for row in csv.DictReader(io.StringIO(text))}


def test_filters(owner, record):
    record("one", outcome="failed", called="33123456789")
    record("two", outcome="answered", called="4930123456")
    record("old", outcome="answered", after=-3 * 86400)
    today, before = f"{record.began:%Y-%m-%d}", f"{record.began - timedelta(days=3):%Y-%m-%d}"
    assert uids(owner) == {"one", "two", "old"}
    assert uids(owner, outcome="failed") == {"one"}
    assert uids(owner, number="+49 30 123456") == {"two"}
    assert uids(owner, since=today) == {"one", "two"}
    assert uids(owner, until=before) == {"old"}
    assert uids(owner, since=before, until=today) == {"one", "two", "old"}


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"outcome": "lost"}, "There is no such outcome."),
        ({"since": "yesterday"}, "Write a day like 2026-01-31."),
        ({"since": "2026-02-30"}, "Write a day like 2026-01-31."),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "This day is before the first one."),
        ({"since": "x", "until": "y"}, "To:"),  # as the page calls it
        ({"number": "1" * 65}, "No number is that long."),
    ],
)
def test_a_filter_that_makes_no_sense_is_said(owner, conditions, said):
    for path in ("/calls/", "/calls.csv"):
        answer = owner.get(path, conditions)
        assert answer.status_code == 422
        assert said in answer.content.decode()


@pytest.mark.parametrize(
    "before",
    [
        "x",
        "2026-01-01~",
        "2026-01-01T00:00:00~1",
        "~1",
        "2026-01-01T00:00:00+00:00~-1",
        "2026-01-01T00:00:00+00:00~99999999999999999999",
    ],
)
def test_a_page_that_is_none_is_not_there(owner, before):
    assert owner.get("/calls/", {"before": before}).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_trouble(owner, record, day):
    record("one")
    for name in ("since", "until"):
        assert owner.get("/calls/", {name: day}).status_code == 422


def test_pages_have_each_call_once_also_of_one_moment(owner, record):
    for n in range(120):
        record(f"call{n:03}", after=n // 60)
    seen, path = [], "/calls/"
    while path:
        page = owner.get(path).content.decode()
        seen += [part.partition('"')[0] for part in page.split('href="/calls/call')[1:]]
        path = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert len(seen) == 120
    assert seen == sorted(set(seen), reverse=True)


def test_what_strangers_wrote_is_text(owner, record):
    at = record.began
    record(
        "h1", caller=HOSTILE, called=HOSTILE, carrier=HOSTILE[:60], source=HOSTILE, call_id=HOSTILE, reason=HOSTILE,
        warning=HOSTILE, refused=at, code=500, hung_up_reason=HOSTILE,
        attempts=[{"kind": "uri", "target": HOSTILE, "address": HOSTILE, "started": at, "ended": at, "code": 500,
                   "reason": HOSTILE, "cause": "reply"}],
    )  # fmt: skip
    for path in ("/", "/calls/", "/calls/h1"):
        page = owner.get(path).content.decode()
        assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert owner.get("/calls.csv").headers["Content-Type"].startswith("text/csv")


def test_a_formula_in_the_csv_is_text(owner, record):
    record("f1", caller="=cmd|'/c calc'!A1")
    [row] = csv.DictReader(io.StringIO(owner.get("/calls.csv").content.decode()))
    assert row["caller"].startswith("'=")


def test_an_open_call_is_looked_at_again_by_itself(owner, record):
    record("o1", outcome="open")
    record("d1", outcome="answered")
    assert 'hx-trigger="every 2s"' in owner.get("/calls/o1").content.decode()
    assert 'hx-trigger="every 2s"' not in owner.get("/calls/d1").content.decode()
    part = owner.get("/calls/o1", HTTP_HX_REQUEST="true").content.decode()
    assert part.strip().startswith('<div id="record"')


def test_calls_are_found_by_carrier_key_and_pbx(owner, failed, between, cast):
    assert uids(owner, party="telco") == {"failed1"}
    assert uids(owner, party="back") == {"failed1"}
    assert uids(owner, party=cast.key.name) == {"failed1", "between1"}
    assert uids(owner, party="nobody") == set()
    assert uids(owner, party="%") == set()


def test_a_filter_finds_out_nothing_that_is_not_shown(owner, stranger, operator, between, cast):
    assert uids(owner, party="secret.stranger") == set()
    assert uids(stranger, party="secret.stranger") == {"between1"}
    assert uids(stranger, party=cast.key.name) == set()
    assert uids(operator, party="secret.stranger") == {"between1"}


def test_a_party_is_looked_for_in_the_newest_calls_that_fit_the_rest(owner, record, monkeypatch):
    from trunkline.control.calls import services

    monkeypatch.setattr(services, "LOOKED", 2)
    record("old", carrier="telco", after=-20 * 86400)
    for n in range(2):
        record(f"new{n}", carrier="backup", after=n)
    assert uids(owner, party="telco") == set()
    assert uids(owner, party="telco", until=f"{record.began - timedelta(days=2):%Y-%m-%d}") == {"old"}
    assert "only among the newest 2,000 calls" in owner.get("/calls/", {"party": "telco"}).content.decode()


def test_live_calls_are_listed_and_looked_at_again(owner, record):
    record("o1", outcome="open", answered=record.began)
    record("o2", outcome="open")
    record("d1", outcome="answered")
    assert "2 live now" in owner.get("/calls/").content.decode()
    page = owner.get("/calls/", {"outcome": "open"}).content.decode()
    assert 'hx-trigger="every 5s"' in page
    assert "10:0" in page  # it has gone on for ten minutes
    assert "rings" in page
    assert "/calls/d1" not in page
