"""The Number API by its wire: parameters, both ways to authenticate, JSON and XML, and every refusal."""

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from api.conftest import HOST, basic

DONE = {"error-code": "200", "error-code-label": "success"}
OWN, SOLD = {"country": "GB", "msisdn": "447700900001"}, {"country": "GB", "msisdn": "442079460001"}
THEIRS = {"country": "GB", "msisdn": "447700900002"}
SIP, TEL, APP = ({"voiceCallbackType": kind} for kind in ("sip", "tel", "app"))
VALUE = "voiceCallbackValue"


@pytest.fixture
def call(cast):
    """`call("/number/buy", country="GB", msisdn="...")`: as the owner by Basic, GET or POST as the address wants it."""
    from django.test import Client

    from trunkline.control.number_api.operations import OPERATIONS

    client = Client(enforce_csrf_checks=True, SERVER_NAME=HOST)

    def ask(path, *, method="", headers=None, by=None, options=None, **parameters):
        key, secret = by or (cast.key.name, cast.secret)
        headers = basic(key, secret) if headers is None else headers
        options = {"secure": True, "headers": headers} | (options or {})
        if (method or OPERATIONS[path][0]) == "GET":
            return client.get(path, parameters, **options)
        form = "application/x-www-form-urlencoded"
        return client.generic(method or "POST", path, urlencode(parameters), content_type=form, **options)

    return ask


def refused(answer, status=420, *words):
    assert answer.status_code == status, answer.content
    document = answer.json()
    assert document["error-code"] == str(status)
    for word in words:
        assert word in document["error-code-label"]
    return document["error-code-label"]


def test_numbers_are_listed_without_what_is_not_set(call, cast, services):
    services.numbers.add("+447700900009", cast.owner)
    assert call("/account/numbers").json() == {
        "count": 2,
        "numbers": [
            {"country": "GB", "msisdn": "447700900001", "type": "landline", "features": ["VOICE"],
             "voiceCallbackType": "sip", "voiceCallbackValue": "sip:owner@pbx.example"},
            {"country": "GB", "msisdn": "447700900009", "type": "landline", "features": ["VOICE"]},
        ],
    }  # fmt: skip


def test_the_inventory_is_searched(call):
    answer = call("/number/search", country="GB", type="landline", features="VOICE")
    assert answer.json() == {
        "count": 1,
        "numbers": [
            {"country": "GB", "msisdn": "442079460001", "type": "landline", "features": ["VOICE"], "cost": "1.25"}
        ],
    }
    assert answer.headers["Content-Type"].startswith("application/json")


NOTHING = [
    ("/number/search", {"country": "FR"}),
    ("/number/search", {"country": "GB", "features": "VOICE,SMS"}),
    ("/number/search", {"country": "GB", "pattern": "9999", "search_pattern": "1"}),
    ("/account/numbers", {"country": "US"}),
    ("/account/numbers", {"has_application": "True"}),
    ("/account/numbers", {"application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}),
]


def test_nothing_found_is_nothing_said(call, subtests):
    for path, asked in NOTHING:
        with subtests.test(f"{path} {asked}"):
            assert call(path, **asked).json() == {}


@pytest.mark.parametrize(
    ("place", "digits", "count"), [("0", "4477", 1), ("1", "90000", 1), ("2", "0001", 1), ("0", "1", 0)]
)
def test_digits_are_found_at_their_place(call, place, digits, count):
    assert call("/account/numbers", pattern=digits, search_pattern=place).json().get("count", 0) == count


def test_portions_by_size_and_index(call, cast, services):
    for n in range(9):
        services.numbers.add(f"+4477009001{n:02}", cast.owner)
    pages = [call("/account/numbers", size=4, index=index, has_application="false").json() for index in (1, 2, 3, 4)]
    assert [page["count"] for page in pages] == [10] * 4
    assert [len(page["numbers"]) for page in pages] == [4, 4, 2, 0]
    assert len({number["msisdn"] for page in pages for number in page["numbers"]}) == 10
    assert len(call("/account/numbers").json()["numbers"]) == 10


def test_a_number_is_bought_forwarded_cleared_and_cancelled_and_again(call, services, cast):
    for _ in range(2):
        assert call("/number/buy", **SOLD).json() == DONE
    uris = "sip:1234@example.com;timeout=2000,sip:1234@example.net"
    for _ in range(2):
        assert call("/number/update", **SOLD, **SIP, voiceCallbackValue=uris).json() == DONE
    assert services.numbers.get(SOLD["msisdn"]).forward == uris
    assert call("/number/update", **SOLD).json() == DONE  # nothing is asked for
    assert services.numbers.get(SOLD["msisdn"]).forward == uris
    assert call("/number/update", **SOLD, **SIP, voiceCallbackValue="").json() == DONE
    assert services.numbers.get(SOLD["msisdn"]).forward == ""
    assert call("/number/update", **SOLD, moHttpUrl="", app_id="").json() == DONE  # cleared already
    for _ in range(2):
        assert call("/number/cancel", **SOLD).json() == DONE
    assert services.numbers.get(SOLD["msisdn"]).account is None


@pytest.mark.parametrize("kind", ["text/xml", "application/xml"])
def test_xml_for_whoever_asks_for_it(call, cast, kind):
    headers = basic(cast.key.name, cast.secret) | {"Accept": kind}
    answer = call("/account/numbers", headers=headers)
    assert answer.headers["Content-Type"].startswith(kind)
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.findtext("count")) == ("inbound-numbers", "1")
    [number] = root.findall("numbers")
    assert number.findtext("msisdn") == "447700900001"
    assert number.findtext("voice-callback-value") == "sip:owner@pbx.example"
    assert [feature.text for feature in number.find("features")] == ["VOICE"]
    done = ElementTree.fromstring(call("/number/buy", headers=headers, **SOLD).content)
    assert (done.tag, done.findtext("error-code"), done.findtext("error-code-label")) == ("response", "200", "success")
    wrong = call("/number/buy", headers=headers | basic("x", "y"), **SOLD)
    assert (wrong.status_code, ElementTree.fromstring(wrong.content).findtext("error-code")) == (401, "401")
    assert len(ElementTree.fromstring(call("/number/search", headers=headers, country="FR").content)) == 0


ACCEPTED = ["*/*", "application/json", "text/html", "text/xml;q=0.5, application/json", ""]


def test_json_for_everybody_else(call, cast, subtests):
    for accept in ACCEPTED:
        with subtests.test(accept):
            answer = call("/account/numbers", headers=basic(cast.key.name, cast.secret) | {"Accept": accept})
            assert answer.json()["count"] == 1


def test_a_disabled_account_lists_and_searches_and_changes_nothing(call, cast, services):
    services.accounts.change(cast.owner, enabled=False)
    assert call("/account/numbers").json()["count"] == 1
    assert call("/number/search", country="GB").status_code == 200
    for path, asked in (("/number/buy", SOLD), ("/number/cancel", OWN), ("/number/update", OWN | SIP | {VALUE: ""})):
        refused(call(path, **asked), 403, "account is disabled")
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_key_and_secret_as_parameters(call, cast, services):
    who = {"api_key": cast.key.name, "api_secret": cast.secret}
    assert call("/account/numbers", headers={}, **who).json()["count"] == 1
    assert call("/number/buy", headers={}, **who, **SOLD).json() == DONE
    for wrong in ({}, {"api_key": cast.key.name}, who | {"api_secret": "x"}, who | {"api_secret": "\0"}):
        for path in ("/account/numbers", "/number/cancel"):
            answer = call(path, headers={}, **wrong, **SOLD)
            assert refused(answer, 400 if "\0" in wrong.get("api_secret", "") else 401)
    assert services.numbers.get(SOLD["msisdn"]).account == cast.owner


def test_the_words_for_a_wrong_secret_are_those_that_clients_know(call):
    answer = call("/account/numbers", by=("00000000", "wrong"))
    assert answer.json() == {"error-code": "401", "error-code-label": "authentication failed"}
    assert answer.status_code == 401


def test_a_secret_in_the_address_is_in_no_log(call, cast, caplog, monkeypatch):
    from trunkline.control.numbers import inventory

    def fail(*_):
        raise RuntimeError("a fault")

    monkeypatch.setattr(inventory, "matching", fail)
    from django.test import Client

    client = Client(SERVER_NAME=HOST, raise_request_exception=False)
    path = f"/account/numbers?api_key={cast.key.name}&api_secret={cast.secret}"
    answer = client.get(path, secure=True)
    assert answer.json() == {"error-code": "500", "error-code-label": "internal error"}
    assert "a fault" in caplog.text
    assert cast.secret not in caplog.text
    client.get(path.replace("api_secret=", "api_secret=%00"), secure=True)
    client.get(path, secure=False)
    client.get(path, secure=True, headers={"Host": "evil.example"})
    assert cast.secret not in caplog.text


REFUSED = [
        ("/number/search", {}, "country must be given"),
        ("/number/search", {"country": "GBR"}, "ISO 3166"),
        ("/number/search", {"country": "UK"}, "write GB"),
        ("/account/numbers", {"country": "UK"}, "write GB"),
        ("/number/buy", SOLD | {"country": "uk"}, "write GB"),
        ("/number/search", {"country": "GB", "type": "mobile"}, "type must be one of landline"),
        ("/number/search", {"country": "GB", "features": "FAX"}, "SMS, VOICE and MMS"),
        ("/number/search", {"country": "GB", "pattern": "x"}, "15 digits"),
        ("/number/search", {"country": "GB", "search_pattern": "3"}, "2 (ends with)"),
        ("/number/search", {"country": "GB", "size": "101"}, "1 to 100"),
        ("/number/search", {"country": "GB", "index": "0"}, "whole number"),
        ("/number/search", {"country": "GB", "index": "9" * 30}, "whole number"),
        ("/account/numbers", {"has_application": "maybe"}, "true or false"),
        ("/number/buy", {"country": "GB"}, "msisdn must be given"),
        ("/number/buy", {"msisdn": "442079460001"}, "country must be given"),
        ("/number/buy", SOLD | {"msisdn": "07700"}, "E.164"),
        ("/number/buy", SOLD | {"country": "FR"}, "not a number of FR"),
        ("/number/buy", SOLD | {"target_api_key": "00000000"}, "not a key of the account"),
        ("/number/buy", THEIRS, "not for sale"),
        ("/number/buy", {"country": "GB", "msisdn": "447700900999"}, "not for sale"),
        ("/number/cancel", THEIRS, "has no number"),
        ("/number/cancel", SOLD, "has no number"),
        ("/number/update", THEIRS | SIP | {VALUE: "sip:a@b.example"}, "has no number"),
        ("/number/update", OWN | SIP, "an empty one removes the forward"),
        ("/number/update", OWN | {VALUE: "sip:a@b.example"}, "voiceCallbackType must be given"),
        ("/number/update", OWN | TEL | {VALUE: "447700900002"}, "'tel' is not supported"),
        ("/number/update", OWN | APP | {VALUE: "x"}, "'app' is not supported"),
        ("/number/update", OWN | {"app_id": "x"}, "no applications"),
        ("/number/update", OWN | {"moHttpUrl": "https://example.com/"}, "messages are not carried"),
        ("/number/update", OWN | {"voiceStatusCallback": "https://example.com/"}, "not supported"),
        ("/number/update", OWN | SIP | {VALUE: "sip:a@b.example,sip:c@d.example;timeout=1"}, "entry 2: timeout=1"),
        ("/number/update", OWN | SIP | {VALUE: "<script>alert(1)</script>"}, "voiceCallbackValue cannot be used"),
        ("/number/update", OWN | SIP | {VALUE: ",".join(["sip:a@b.example"] * 100)}, "voiceCallbackValue"),
    ]  # fmt: skip


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(call, services, cast, subtests):
    for path, asked, word in REFUSED:
        with subtests.test(f"{path} {asked}"):
            refused(call(path, **asked), 420, word)
            own, sold, others = (services.numbers.get(n) for n in ("447700900001", "442079460001", "447700900002"))
            assert (own.account, own.forward) == (cast.owner, "sip:owner@pbx.example")
            assert (sold.account, others.account, others.forward) == (None, cast.stranger, "sip:stranger@pbx.example")


def test_an_operators_limit_is_told(call, services, cast):
    services.accounts.change(cast.owner, numbers_at_most=1)
    refused(call("/number/buy", **SOLD), 420, "while it has 1 or more")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/account/numbers"),
        ("GET", "/number/search"),
        ("POST", "/number/buy"),
        ("POST", "/number/cancel"),
        ("POST", "/number/update"),
    ],
)
def test_each_address_by_a_stranger_by_nobody_and_by_the_wrong_method(call, services, cast, method, path):
    asked = OWN | SIP | {VALUE: "sip:taken@evil.example"}
    answer = call(path, by=(cast.stranger_key.name, cast.stranger_secret), **asked)
    assert answer.status_code == (200 if method == "GET" else 420)
    for theirs in ("owner", "'owner'", "sip:owner@pbx.example"):
        assert theirs not in answer.content.decode()
    refused(call(path, headers={}, **asked), 401)
    wrong = call(path, method="POST" if method == "GET" else "GET", **asked)
    refused(wrong, 405)
    assert wrong.headers["Allow"] == method
    refused(call(path, headers={"Sec-Fetch-Site": "cross-site"}, **asked), 403)
    own = services.numbers.get("447700900001")
    assert (own.account, own.forward) == (cast.owner, "sip:owner@pbx.example")


def test_every_address_is_in_that_test():
    from trunkline.control.api.paths import NUMBER_API
    from trunkline.control.number_api.operations import OPERATIONS

    tested = {path for mark in test_each_address_by_a_stranger_by_nobody_and_by_the_wrong_method.pytestmark
              for _, path in mark.args[1]}  # fmt: skip
    assert tested == set(OPERATIONS) == NUMBER_API


def test_too_much_at_once_and_in_the_clear(call):
    refused(call("/number/buy", **SOLD, more="x" * 100_001), 413)
    refused(call("/number/buy", **SOLD, options={"secure": False}), 403)
    refused(call("/number/buy", **{f"field{n}": "x" for n in range(300)}), 400)


def test_no_session_and_no_cookie(call):
    answer = call("/account/numbers")
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["RateLimit"].startswith('"account";r=')


@pytest.mark.parametrize(("path", "queries"), [("/account/numbers", 4), ("/number/search", 4), ("/number/buy", 20)])
def test_a_request_asks_the_database_a_bounded_number_of_times(call, cast, services, path, queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for n in range(20):
        services.numbers.add(f"+4477009001{n:02}", cast.owner)
        services.numbers.add(f"+4420794601{n:02}")
    with CaptureQueriesContext(connection) as captured:
        assert call(path, size=100, **SOLD).status_code == 200
    assert len(captured) <= queries, [query["sql"][:80] for query in captured]
