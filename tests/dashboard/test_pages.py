"""What holds for every page: how often it asks the database, what it says of a fault, and the Overview's arithmetic."""

from datetime import timedelta

import pytest

MOST_QUERIES = {  # of an owner; one finds the session, one the user
    "/": 11,
    "/numbers/": 4,
    "/numbers/447700900001": 3,
    "/numbers/447700900001/forward": 5,  # two find where a forward would only come back
    "/calls/": 7,
    "/calls.csv": 5,
    "/calls/call0": 4,
    "/numbers/buy": 5,
    "/numbers/447700900001/release": 4,
    "/trials/1": 6,
    "/trunk/": 8,
    "/users/": 5,
    "/password": 2,
    "/second-factor": 3,
    "/audit/": 3,
    "/audit.csv": 3,
}


@pytest.mark.parametrize("path", MOST_QUERIES)
def test_the_number_of_queries_does_not_grow_with_what_is_there(owner, cast, services, record, path):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries():
        with CaptureQueriesContext(connection) as context:
            assert owner.get(path).status_code == 200
        return [query["sql"] for query in context.captured_queries]

    record("call0", attempts=[{"kind": "carrier", "target": "telco"}])
    job = services.jobs.create("call", cast.number, "owner")
    services.jobs.finish(job, {"call_id": "call0@pbx", "code": 200, "reason": "OK", "heard": True})
    few = queries()
    for n in range(1, 30):
        services.numbers.add(f"+4477009010{n:02}", cast.owner, "sip:a@b.example")
        record(f"call{n}", attempts=[{"kind": "carrier", "target": "telco"}] * 2)
    for _ in range(3):
        services.keys.create(cast.owner)
    many = queries()
    assert len(many) == len(few)
    assert len(many) <= MOST_QUERIES[path], "\n".join(many)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        ("OperationalError", 503, "The database does not answer"),
        ("IntegrityError", 500, "That is our fault"),
        ("DataError", 500, "That is our fault"),
    ],
)
def test_a_database_that_is_away_is_told_and_so_is_a_value_that_it_cannot_have(owner, monkeypatch, error, status, said):
    from django import db

    from trunkline.control.dashboard.numbers import views

    def fail(*_, **__):
        raise getattr(db, error)("the server closed the connection, password=secret")

    owner.get("/numbers/")  # every page is loaded, and none keeps what fails here
    monkeypatch.setattr(views.services, "listing", fail)
    owner.raise_request_exception = False
    answer = owner.get("/numbers/")
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_without_its_sessions_too(owner, anybody, services):
    """The database fails before there is a view."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_session")
    owner.raise_request_exception = False
    answer = owner.get("/numbers/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
    assert anybody().get("/alive").status_code == 200


def test_a_nul_never_reaches_the_database(operator, anybody):
    from django.db import DataError, connection

    def as_postgresql_does(execute, sql, parameters, *rest):
        if any(isinstance(value, str) and "\0" in value for value in parameters or ()):
            raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return execute(sql, parameters, *rest)

    with connection.execute_wrapper(as_postgresql_does):
        for path in ("/accounts/%00/edit", "/calls/%00", "/carriers/%00/edit"):
            assert operator.get(path).status_code == 404, path
        for path in ("/accounts/?q=%00", "/routes/?carrier=a%00", "/inventory/?account=%00"):
            assert operator.get(path).status_code == 400, path
        for browser, path in ((operator, "/accounts/add"), (operator, "/users/add"), (anybody(), "/sign-in")):
            answer = browser.post(path, {"name": "x\0", "password": "y"})
            assert (answer.status_code, "makes no sense" in answer.content.decode()) == (400, True), path


def test_a_fault_of_ours_tells_nothing_of_itself(owner, monkeypatch):
    from trunkline.control.dashboard.numbers import views

    monkeypatch.setattr(views.services, "listing", lambda *_, **__: 1 / 0)
    owner.raise_request_exception = False
    answer = owner.get("/numbers/")
    assert answer.status_code == 500
    assert "That is our fault" in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/sign-out", "/trunk/keys", "/numbers/447700900001/forward/check"])
def test_an_action_is_no_link(owner, path):
    answer = owner.get(path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "That cannot be done this way" in answer.content.decode()


def test_nothing_is_kept_by_the_browser(owner, anybody):
    for browser, path in ((owner, "/calls/"), (owner, "/nothing"), (anybody(), "/sign-in")):
        assert browser.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "100001"])
def test_a_form_that_is_too_large_or_of_unknown_length_is_not_read(owner, services, length):
    answer = owner.post("/numbers/447700900001/forward", {"forward": "sip:a@pbx.example"}, CONTENT_LENGTH=length)
    assert answer.status_code == 413
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_whether_it_is_alive_may_be_asked_in_the_clear(services):
    from django.test import Client

    browser = Client(SERVER_NAME="sip.trunk.example")
    assert [browser.get(path).status_code for path in ("/alive", "/sign-in")] == [200, 403]


# Behind a proxy


@pytest.fixture
def proxied(services, anybody):
    from django.conf import settings

    before = settings.TRUNKLINE
    web = before.web.model_copy(update={"proxies": ["192.0.2.1", "192.0.2.2"], "tls": False})
    settings.TRUNKLINE = before.model_copy(update={"web": web})
    from django.test import Client

    yield lambda **headers: Client(SERVER_NAME="sip.trunk.example").post(
        "/sign-in", {"name": "x", "password": "y"}, **headers
    )
    settings.TRUNKLINE = before


def networks():
    from trunkline.control.users.models import SignIn

    return list(SignIn.objects.values_list("network", flat=True))


def test_a_proxy_is_believed(proxied):
    answer = proxied(
        REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.5, 192.0.2.2"
    )
    assert answer.status_code == 422
    assert networks() == ["203.0.113.5"]


@pytest.mark.parametrize(
    ("said", "network"),
    [
        ("6.6.6.6:1, 203.0.113.5:4711, 192.0.2.2:443", "203.0.113.5"),
        ("6.6.6.6, [2001:db8::1]:4711", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("2001:db8::1:4711", "2001:db8::/64"),
    ],
)
def test_a_proxy_that_writes_ports_is_believed_without_them(proxied, said, network):
    headers = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": said}
    assert proxied(REMOTE_ADDR="192.0.2.1", **headers).status_code == 422
    assert networks() == [network]


@pytest.mark.parametrize("said", ["999.0.113.5:4711", "unknown", "", "[]:5", "_hidden", "203.0.113.5:x"])
def test_a_proxy_that_writes_something_else_than_addresses_costs_no_page(proxied, said):
    headers = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": said}
    assert proxied(REMOTE_ADDR="192.0.2.1", **headers).status_code == 422
    assert networks() == ["192.0.2.1"]


@pytest.mark.parametrize("said", [{}, {"HTTP_X_FORWARDED_PROTO": "http"}])
def test_what_came_to_the_proxy_in_the_clear_is_refused(proxied, said):
    assert proxied(REMOTE_ADDR="192.0.2.1", **said).status_code == 403
    assert networks() == []


def test_nobody_else_is(proxied):
    headers = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "203.0.113.5"}
    assert proxied(REMOTE_ADDR="203.0.113.66", **headers).status_code == 403
    assert networks() == []


# Overview


def test_the_overview_counts_the_last_day(owner, stranger, record, cast):
    from django.utils import timezone

    from trunkline.control.calls import statistics

    for n in range(6):
        record(f"a{n}", outcome="answered", duration=30.0)
    record("f", outcome="failed")
    record("c", outcome="cancelled")
    record("r", outcome="rejected", code=403, reason="Forbidden")
    record("self", outcome="answered", duration=90.0, owner=cast.owner, direction="internal")
    record("received", outcome="answered", duration=30.0, account=None, owner=cast.owner, direction="inbound")
    record("other", outcome="answered", account=cast.stranger)
    record("old", outcome="failed", after=-2 * 86400)
    day = statistics.last_day(cast.owner, timezone.now())
    assert (day.total, day.count("answered"), day.answered_share) == (11, 8, 0.8)
    assert day.average_duration == (7 * 30 + 90) / 8
    assert day.refusals == [(403, "Forbidden", 1)]
    assert statistics.last_day(None, timezone.now()).total == 12
    page = owner.get("/").content.decode()
    assert "80<small> %</small>" in page
    assert "<svg" in page
    assert "style=" not in page


def test_an_account_without_calls_divides_by_nothing(stranger):
    page = stranger.get("/").content.decode()
    assert "No calls in the last day" in page


@pytest.mark.parametrize(("most", "end"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (4999, 5000)])
def test_an_axis_ends_at_a_round_number(services, most, end):
    from trunkline.control.dashboard.overview import chart

    assert chart.scale(most) == end


def test_bars_stand_on_each_other_and_end_at_the_top(services):
    from collections import Counter
    from datetime import UTC, datetime

    from trunkline.control.calls.statistics import Hour
    from trunkline.control.dashboard.overview import chart

    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [Hour(start + timedelta(hours=n)) for n in range(24)]
    hours[3].outcomes = Counter(answered=5, failed=3, rejected=2)
    answered, unanswered, rejected = chart.bars(hours).bars
    assert answered.y == pytest.approx(unanswered.y + unanswered.height, abs=0.02)
    assert unanswered.y == pytest.approx(rejected.y + rejected.height, abs=0.02)
    assert rejected.y == pytest.approx(chart.TOP, abs=0.02)
