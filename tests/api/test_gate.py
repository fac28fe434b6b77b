"""Who gets in, how often, and what is said to requests that make no sense."""

import base64
from datetime import timedelta

import pytest

from api.conftest import HOST, Program, basic, problem


def test_no_session_no_cookie_and_the_headers_of_every_page(owner, cast):
    answer = owner.ask("GET", "account")
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_session_of_the_dashboard_is_none_of_the_apis(cast, services):
    from django.test import Client

    services.users.create("alice", cast.owner, "owner", "correct horse battery staple")
    browser = Client(SERVER_NAME=HOST)
    from trunkline.control.users.models import User

    browser.force_login(User.objects.get(name="alice"))
    assert browser.get("/", secure=True).status_code == 200
    problem(browser.get("/api/v1/account", secure=True), 401, "not-authenticated")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Bearer x",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xfe").decode(),
        "Basic " + base64.b64encode(b"a\0b:c").decode(),
        "Basic " + base64.b64encode(b"k" * 5000 + b":s").decode(),
    ],
)
def test_who_does_not_say_who_it_is_is_asked(cast, header):
    answer = Program({"Authorization": header} if header else {}).ask("GET", "account")
    problem(answer, 401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_both_live_secrets_serve_and_no_other(cast, services):
    second = services.keys.rotate(cast.key)
    for secret, status in (
        (cast.secret, 200),
        (second, 200),
        (second[:-1], 401),
        ("", 401),
        (cast.stranger_secret, 401),
    ):
        assert Program(basic(cast.key.name, secret)).ask("GET", "account").status_code == status
    services.keys.retire(cast.key, 1)
    assert Program(basic(cast.key.name, cast.secret)).ask("GET", "account").status_code == 401


def test_a_disabled_key_is_like_none(owner, cast, services):
    services.keys.enable(cast.key, False)
    problem(owner.ask("GET", "account"), 401, "not-authenticated")
    problem(Program(basic(cast.key.name, "wrong")).ask("GET", "account"), 401, "not-authenticated")


def test_guessing_ends_after_ten_tries_from_one_address(owner, cast):
    guess = Program(basic(cast.key.name, "wrong"))
    for _ in range(10):
        problem(guess.ask("GET", "account"), 401, "not-authenticated")
    answer = owner.ask("GET", "account")
    assert "Wait 15 minutes" in problem(answer, 429, "too-many-requests")["detail"]
    assert answer.headers["Retry-After"] == "900"
    assert owner.ask("GET", "account", REMOTE_ADDR="192.0.2.99").status_code == 200  # the owner, from elsewhere


def test_guessing_many_keys_ends_too_and_is_forgotten(owner, cast, monkeypatch):
    from trunkline.control.api import callers
    from trunkline.control.api.models import Failure

    monkeypatch.setattr(callers, "PER_NETWORK", 4)
    for n in range(4):
        Program(basic(f"key{n}", "x")).ask("GET", "account", REMOTE_ADDR=f"2001:db8::{n}")  # one /64
    assert owner.ask("GET", "account", REMOTE_ADDR="2001:db8::77").status_code == 429
    for failure in Failure.objects.all():
        Failure.objects.filter(pk=failure.pk).update(time=failure.time - timedelta(minutes=16))
    assert owner.ask("GET", "account", REMOTE_ADDR="2001:db8::77").status_code == 200


def test_a_success_forgives(owner, cast):
    guess = Program(basic(cast.key.name, "wrong"))
    for _ in range(2):
        for _ in range(9):
            guess.ask("GET", "account")
        assert owner.ask("GET", "account").status_code == 200


def test_requests_are_counted_for_the_account(owner, stranger, cast, services, monkeypatch):
    from django.conf import settings

    from trunkline.control.api import usage
    from trunkline.settings.faces import Api

    monkeypatch.setattr(usage.time, "time", lambda: 1_800_000_018.5)
    limited = settings.TRUNKLINE.model_copy(update={"api": Api(requests_per_minute=3)})
    monkeypatch.setattr(settings, "TRUNKLINE", limited)
    first = owner.ask("GET", "account")
    assert first.headers["RateLimit-Policy"] == '"account";q=3;w=60'
    assert first.headers["RateLimit"] == '"account";r=2;t=42'
    other = Program(basic(*((key := services.keys.create(cast.owner))[0].name, key[1])))
    assert [other.ask("GET", "account").status_code for _ in range(3)] == [200, 200, 429]  # one account's, by any key
    answer = owner.ask("GET", "account")
    problem(answer, 429, "too-many-requests")
    assert answer.headers["Retry-After"] == "42"
    assert stranger.ask("GET", "account").status_code == 200
    monkeypatch.setattr(usage.time, "time", lambda: 1_800_000_060.5)
    assert owner.ask("GET", "account").status_code == 200


SENSELESS = [
    ("GET", "nothing", 404, "not-found"),
    ("GET", "/api/v2/account", 404, "not-found"),
    ("GET", "/api", 404, "not-found"),
    ("GET", "numbers/", 404, "not-found"),
    ("GET", "numbers/07700900001", 404, "not-found"),
    ("GET", "numbers/%00", 400, "bad-request"),
    ("GET", "calls?number=%00", 400, "bad-request"),
    ("GET", "sources/x", 405, "method-not-allowed"),
    ("DELETE", "sources/x", 422, "invalid"),
    ("DELETE", "sources/99999999999999999999", 422, "invalid"),
    ("DELETE", "account", 405, "method-not-allowed"),
    ("TRACE", "account", 405, "method-not-allowed"),
    ("GET", "numbers?countri=GB", 422, "invalid"),
    ("GET", "numbers?country=GB&country=US", 422, "invalid"),
    ("GET", "numbers?country=GBR", 422, "invalid"),
    ("GET", "numbers?country=UK", 422, "invalid"),
    ("GET", "numbers/available?country=xx", 422, "invalid"),
    ("GET", "numbers?kind=fax", 422, "invalid"),
    ("GET", "numbers?size=0", 422, "invalid"),
    ("GET", "numbers?size=101", 422, "invalid"),
    ("GET", "numbers?size=x", 422, "invalid"),
    ("GET", "numbers?digits=x", 422, "invalid"),
    ("GET", "calls?since=yesterday", 422, "invalid"),
    ("GET", "calls?since=2026-01-01T00:00:00", 422, "invalid"),
    ("GET", "calls?outcome=good", 422, "invalid"),
]


def test_what_makes_no_sense_is_told_so(owner, subtests):
    for method, path, status, name in SENSELESS:
        with subtests.test(f"{method} {path}"):
            answer = owner.ask(method, path)
            problem(answer, status, name)
            if status == 405:
                assert answer.headers["Allow"]


BODIES = [
    (b"", 422, "invalid"),
    (b"{", 400, "bad-request"),
    (b"\xff", 400, "bad-request"),
    (b"[" * 50_000, 400, "bad-request"),
    (b'{"number": "\\u0000"}', 400, "bad-request"),
    (b'{"number": "\\ud800"}', 400, "bad-request"),
    (b'{"number": "+442079460001", "number": "+442079460001"}', 400, "bad-request"),
    (b"[]", 422, "invalid"),
    (b"null", 422, "invalid"),
    (b'"x"', 422, "invalid"),
    (b"{}", 422, "invalid"),
    (b'{"number": 447700900001}', 422, "invalid"),
    (b'{"number": ["+442079460001"]}', 422, "invalid"),
    (b'{"number": "x"}', 422, "invalid"),
    (b'{"number": "' + b"1" * 1000 + b'"}', 422, "invalid"),
    (b'{"number": "+442079460001", "account": "owner"}', 422, "invalid"),
    (b"1" * 100_001, 413, "too-large"),
]


def test_a_body_that_makes_no_sense_is_refused(owner, services, subtests):
    for body, status, name in BODIES:
        with subtests.test(str(body[:40])):
            problem(owner.ask("POST", "numbers", body), status, name)
            assert services.numbers.get("442079460001").account is None


def test_every_wrong_field_is_named(owner):
    told = problem(owner.ask("POST", "numbers", {"numbr": "x"}), 422, "invalid")
    assert told["errors"] == [
        {"field": "number", "problem": "it is missing"},
        {"field": "numbr", "problem": "there is no such field"},
    ]
    told = problem(owner.ask("GET", "numbers?size=x&at=up"), 422, "invalid")
    assert [fault["field"] for fault in told["errors"]] == ["size", "at"]


def test_what_is_said_twice_is_named_and_nothing_is_done(owner, services):
    """RFC 8259 §4: of two values of a name one reader takes the first, another the last."""
    twice = b'{"forward": "sip:a@pbx.example", "forward": "sip:b@pbx.example"}'
    told = problem(owner.ask("PUT", "numbers/447700900001/forward", twice), 400, "bad-request")
    assert "'forward' twice" in told["detail"]
    assert told["errors"] == [{"field": "forward", "problem": "it is there twice"}]
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
    told = problem(owner.ask("POST", "numbers", b'{"a": {"b": 1, "\\u0062": 2}}'), 400, "bad-request")
    assert told["errors"][0]["field"] == "b"
    told = problem(owner.ask("GET", "numbers?kind=landline&size=1&kind="), 422, "invalid")
    assert told["errors"] == [{"field": "kind", "problem": "it is there twice"}]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_a_form_is_no_json(owner, services, kind):
    answer = owner.ask("POST", "numbers", b"number=442079460001", content_type=kind)
    problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_has_no_browser_call_it(owner, services, site):
    answer = owner.ask("DELETE", "numbers/447700900001", headers={"Sec-Fetch-Site": site})
    problem(answer, 403, "forbidden")
    assert services.numbers.get("447700900001").account.name == "owner"


def test_in_the_clear_and_under_another_name_it_is_refused(owner):
    problem(owner.ask("GET", "account", secure=False), 403, "forbidden")
    problem(owner.ask("GET", "account", headers={"Host": "evil.example"}), 400, "bad-request")


def test_html_is_text(owner, services):
    text = "<script>alert(1)</script>"
    answer = owner.ask("POST", "sources", {"network": text})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert text in problem(answer, 422, "invalid")["detail"]


def test_a_fault_of_ours_is_one_and_tells_nothing(owner, monkeypatch, caplog):
    from trunkline.control.accounts import services

    def fail(account):
        raise RuntimeError("the inside of it")

    monkeypatch.setattr(services, "as_dict", fail)
    owner._client.raise_request_exception = False
    answer = owner.ask("GET", "account?")
    problem(answer, 500, "our-fault")
    assert b"inside" not in answer.content
    assert "the inside of it" in caplog.text


def test_a_database_that_is_away_is_told(owner, monkeypatch):
    from trunkline.control import DatabaseUnavailable
    from trunkline.control.accounts import services

    def fail(account):
        raise DatabaseUnavailable("it is gone")

    monkeypatch.setattr(services, "as_dict", fail)
    owner._client.raise_request_exception = False
    problem(owner.ask("GET", "account"), 503, "database-away")


def test_head_is_get_without_content(owner):
    answer = owner.ask("HEAD", "account")
    assert (answer.status_code, answer.content) == (200, b"")
