"""What each operation does for whoever may."""

import base64
import json

import pytest

from api.conftest import Program, basic, problem
from trunkline.contract import journal


def test_the_account_and_its_limits(owner):
    account = owner.ask("GET", "account").json()
    assert (account["name"], account["numbers"], account["numbers_at_most"]) == ("owner", 1, 100)
    assert account["sources"] == ["5.10.112.121"]


def test_where_the_pbx_is_is_said_and_taken_back(owner, stranger):
    there = {"latitude": 52.52, "longitude": 13.405}
    assert there.items() <= owner.ask("PUT", "account/place", there).json().items()
    assert there.items() <= owner.ask("GET", "account").json().items()
    assert stranger.ask("GET", "account").json()["latitude"] is None
    for wrong in ({"latitude": 91, "longitude": 0}, {"latitude": 1, "longitude": None}, {"latitude": 1}, {},
                  {"latitude": True, "longitude": False}, {"latitude": "52.52", "longitude": 1}):  # fmt: skip
        problem(owner.ask("PUT", "account/place", wrong), 422, "invalid")
    assert there.items() <= owner.ask("GET", "account").json().items()
    nowhere = {"latitude": None, "longitude": None}
    assert nowhere.items() <= owner.ask("PUT", "account/place", nowhere).json().items()


def test_a_number_is_found_bought_forwarded_and_released(owner, cast, services):
    found = owner.ask("GET", "numbers/available?country=gb&kind=landline").json()["items"]
    assert found == [{"number": "+442079460001", "country": "GB", "kind": "landline", "monthly_cost": "1.25"}]
    bought = owner.ask("POST", "numbers", {"number": "+442079460001"})
    assert (bought.status_code, bought.headers["Location"]) == (201, "/api/v1/numbers/442079460001")
    assert owner.ask("POST", "numbers", {"number": "+442079460001"}).status_code == 201
    place = bought.headers["Location"]
    forwarded = owner.ask("PUT", f"{place}/forward", {"forward": "sip:a@b.example;timeout=2000,sip:c@d.example"}).json()
    assert [(target["uri"], target["timeout_ms"]) for target in forwarded["targets"]] == [
        ("sip:a@b.example", 2000),
        ("sip:c@d.example", 5000),
    ]
    assert owner.ask("GET", place).json() == forwarded
    assert [n["number"] for n in owner.ask("GET", "numbers").json()["items"]] == ["+442079460001", "+447700900001"]
    assert owner.ask("PUT", f"{place}/forward", {"forward": ""}).json()["targets"] == []
    for _ in range(2):
        gone = owner.ask("DELETE", place)
        assert (gone.status_code, gone.content) == (204, b"")
    assert services.numbers.get("442079460001").account is None


def test_numbers_are_searched(owner, services, cast):
    services.numbers.add("+12025550102", cast.owner)
    ask = lambda query: [n["number"] for n in owner.ask("GET", f"numbers?{query}").json()["items"]]  # noqa: E731
    assert ask("country=US") == ask("kind=mobile-lvn") == ask("digits=%2B1202") == ["+12025550102"]
    assert ask("digits=0001&at=ends") == ask("digits=9000&at=contains") == ["+447700900001"]
    assert ask("digits=33") == []


def test_a_faulty_forward_is_pointed_at(owner, services):
    text = "sip:a@b.example,sip:c@d.example;timeout=1"
    told = problem(owner.ask("PUT", "numbers/447700900001/forward", {"forward": text}), 422, "invalid")
    assert told["errors"][0]["field"] == "forward"
    assert "timeout=1" in told["detail"]
    assert text[told["start"] : told["end"]] == "sip:c@d.example;timeout=1"
    assert told["entry"] == 2
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_what_cannot_be_bought_says_why(owner, services, cast):
    problem(owner.ask("POST", "numbers", {"number": "+447700900002"}), 409, "not-for-sale")
    priced = {"number": "+442079460001", "monthly_cost": "0.01"}
    assert "euros a month now" in problem(owner.ask("POST", "numbers", priced), 409, "conflict")["detail"]
    problem(owner.ask("POST", "numbers", priced | {"monthly_cost": "dear"}), 422, "invalid")
    services.accounts.change(cast.owner, numbers_at_most=1)
    told = problem(owner.ask("POST", "numbers", {"number": "+442079460001"}), 403, "buying-refused")
    assert "while it has 1 or more" in told["detail"]
    services.accounts.change(cast.owner, numbers_at_most=0)
    assert owner.ask("GET", "numbers/available").json()["items"] == []
    problem(owner.ask("DELETE", "numbers/447700900001"), 403, "buying-refused")


def test_keys_are_made_rotated_and_disabled(owner, cast):
    made = owner.ask("POST", "keys").json()
    fresh = Program(basic(made["key"], made["secret"]))
    assert fresh.ask("GET", "account").status_code == 200
    second = owner.ask("POST", f"keys/{made['key']}/secrets").json()
    assert [one["slot"] for one in second["secrets"]] == [1, 2]
    assert Program(basic(made["key"], second["secret"])).ask("GET", "account").status_code == 200
    told = problem(owner.ask("POST", f"keys/{made['key']}/secrets"), 409, "conflict")
    assert "trunkline" not in told["detail"]  # no command is for customers
    assert owner.ask("DELETE", f"keys/{made['key']}/secrets/1").status_code == 204
    assert fresh.ask("GET", "account").status_code == 401
    assert owner.ask("PATCH", f"keys/{made['key']}", {"enabled": False}).json()["enabled"] is False
    assert Program(basic(made["key"], second["secret"])).ask("GET", "account").status_code == 401
    keys = owner.ask("GET", "keys").json()["items"]
    assert [key["key"] for key in keys] == [cast.key.name, made["key"]]
    assert "secret" not in keys[0]
    assert [key["registration"]["state"] for key in keys] == ["never", "never"]


@pytest.mark.parametrize("denial", journal.DENIALS)
def test_why_the_credentials_of_a_key_were_refused_is_told(owner, cast, denial):
    from trunkline.control.feed import DatabaseSink

    facts = {"event": "denied", "time": 1_800_000_000.0, "node": "n1", "call": "", "key": cast.key.name}
    said = {"denial": denial, "method": "REGISTER", "source": "udp:192.0.2.7:5060"}
    DatabaseSink().store("n1", "f", [facts | said], 1)
    assert owner.ask("GET", "keys").json()["items"][0]["denied"]["cause"] == denial


def test_a_program_that_goes_on_making_keys_comes_to_an_end(owner, monkeypatch):
    from trunkline.control.keys import services

    monkeypatch.setattr(services, "MOST", 2)
    assert owner.ask("POST", "keys").status_code == 201
    assert "may have no more" in problem(owner.ask("POST", "keys"), 409, "conflict")["detail"]


def test_nobody_locks_itself_out(owner, cast):
    path = f"keys/{cast.key.name}"
    problem(owner.ask("PATCH", path, {"enabled": False}), 409, "conflict")
    problem(owner.ask("DELETE", f"{path}/secrets/1"), 409, "conflict")
    owner.ask("POST", f"{path}/secrets")
    assert "with that secret" in problem(owner.ask("DELETE", f"{path}/secrets/1"), 409, "conflict")["detail"]
    problem(owner.ask("DELETE", f"keys/{owner.ask('POST', 'keys').json()['key']}/secrets/2"), 404, "not-found")


def test_sources_are_added_and_removed(owner, cast):
    added = owner.ask("POST", "sources", {"network": "[2600::7]:5080"}).json()
    assert added["network"] == "[2600::7]:5080"
    listed = owner.ask("GET", "sources").json()["items"]
    assert [one["network"] for one in listed] == ["5.10.112.121", "[2600::7]:5080"]
    assert owner.ask("DELETE", f"sources/{added['id']}").status_code == 204
    problem(owner.ask("DELETE", f"sources/{added['id']}"), 404, "not-found")


@pytest.mark.parametrize("network", ["x", "5.10.112.1/24", "0.0.0.0/0", "5.10.112.1:0", "", "10.0.0.1", "119.81.44.7"])
def test_a_source_that_cannot_be_is_refused_without_naming_anybody(owner, cast, network):
    told = problem(owner.ask("POST", "sources", {"network": network}), 422, "invalid")
    assert told["errors"][0]["field"] == "network"
    assert "stranger" not in str(told)
    assert cast.owner.sources.count() == 1


def test_what_a_pbx_needs(owner):
    trunk = owner.ask("GET", "trunk").json()
    assert (trunk["domain"], trunk["services"][0]) == ("sip.trunk.example", "_sip._udp.sip.trunk.example")
    assert "PCMA" in trunk["codecs"]
    [own] = trunk["endpoints"]
    assert {one["transport"]: one["port"] for one in own["transports"]} == {"udp": 5060, "tcp": 5060, "tls": 5061}
    assert ("media", "to", "udp", 30000) in [
        (row["purpose"], row["direction"], row["protocol"], row["port_min"]) for row in own["ranges"]
    ]


def test_calls_are_listed_filtered_and_shown(owner, record):
    attempt = {"kind": "carrier", "target": "telco", "address": "udp:198.51.100.1:5060", "code": 503, "cause": "reply"}
    attempts = [attempt | {"started": record.began, "ended": record.began}]
    record("c1", code=503, refused=record.began, attempts=attempts)
    record("c2", outcome="open", after=5, called="442071234567")
    assert [call["uid"] for call in owner.ask("GET", "calls").json()["items"]] == ["c2", "c1"]
    for query, uid in (("outcome=open", "c2"), ("number=%2B33123456789", "c1"), ("outcome=failed", "c1")):
        assert [call["uid"] for call in owner.ask("GET", f"calls?{query}").json()["items"]] == [uid]
    since = "2999-01-01T00:00:00Z"
    assert owner.ask("GET", f"calls?since={since}").json()["items"] == []
    call = owner.ask("GET", "calls/c1").json()
    assert (call["fault"], call["attempts"][0]["target"], call["attempts"][0]["address"]) == ("target", "telco", "")
    assert [step["who"] for step in call["timeline"]][:2] == ["caller", "trunkline"]
    assert "telco" in call["verdict"]
    assert call["started"].endswith("Z")


def test_a_trial_is_begun_and_what_came_of_it_is_shown(owner, cast, services, record):
    begun = owner.ask("POST", "numbers/447700900001/trials", {"kind": "options"})
    assert (begun.status_code, begun.json()["state"]) == (202, "waiting")
    job = services.jobs.claim("node1")
    place = begun.headers["Location"]
    assert owner.ask("GET", place).json()["state"] == "working"
    asked = {"uri": "sip:owner@pbx.example", "address": "udp:192.0.2.1:5060", "code": 200, "reason": "OK", "ms": 12,
             "problem": ""}  # fmt: skip
    services.jobs.finish(job, {"asked": [asked]})
    done = owner.ask("GET", place).json()
    assert (done["state"], done["asked"], done["number"]) == ("done", [asked], "+447700900001")
    called = owner.ask("POST", "numbers/447700900001/trials", {"kind": "call"}).json()
    problem(owner.ask("POST", "numbers/447700900001/trials", {"kind": "call"}), 429, "too-many-requests")
    services.jobs.finish(services.jobs.claim("node1"), {"call_id": "c9@pbx", "code": 200})
    record("c9", after=700, direction="inbound")
    done = owner.ask("GET", f"trials/{called['id']}").json()
    assert (done["call"], done["code"]) == ("c9", 200)


def test_a_number_that_is_forwarded_nowhere_has_nobody_to_try(owner, services, cast):
    services.numbers.forward(cast.number, "")
    problem(owner.ask("POST", "numbers/447700900001/trials", {"kind": "options"}), 409, "conflict")


def test_a_pbx_gets_its_configuration(owner, cast, services):
    systems = {system["name"] for system in owner.ask("GET", "pbx").json()["items"]}
    assert "asterisk" in systems
    path = "pbx/asterisk/configuration"
    made = owner.ask("GET", f"{path}?address=203.0.113.9&transport=tls").json()
    text = "".join(made["files"].values())
    assert cast.key.name in text
    assert cast.secret not in text
    assert made["placeholders"]
    assert list(made["forward"]) == ["+447700900001"]
    services.keys.create(cast.owner)
    assert "several keys" in problem(owner.ask("GET", path), 422, "invalid")["detail"]
    for wrong in (f"key={cast.stranger_key.name}", "number=447700900002"):
        problem(owner.ask("GET", f"{path}?{wrong}"), 404, "not-found")
    problem(owner.ask("GET", f"{path}?key={cast.key.name}&srtp=true"), 422, "invalid")
    problem(owner.ask("GET", "pbx/abacus/configuration"), 404, "not-found")


def test_calls_by_carrier_or_pbx(owner, record):
    record("p1", carrier="telco")
    record("p2", carrier="backup")
    assert [call["uid"] for call in owner.ask("GET", "calls?party=telco").json()["items"]] == ["p1"]


def test_the_day_in_numbers(owner, stranger, record):
    record("s1", outcome="answered", code=200, duration=30.0)
    record("s2", outcome="failed", code=503)
    record("s3", outcome="rejected", code=403, reason="Forbidden")
    record("s4", outcome="open")
    day = owner.ask("GET", "statistics").json()
    assert (day["calls"], day["up"], day["answered_share"], day["average_duration"]) == (4, 1, 0.5, 30.0)
    assert day["refusals"] == [{"code": 403, "reason": "Forbidden", "calls": 1}]
    assert len(day["hours"]) == 24
    assert sum(hour["answered"] for hour in day["hours"]) == 1
    assert stranger.ask("GET", "statistics").json()["calls"] == 0


def test_portions_neither_miss_nor_repeat(owner, services, cast, record):
    for n in range(6):
        services.numbers.add(f"+4477009001{n:02}", cast.owner)
        record(f"c{n}", after=n // 3)  # some begin at the same moment
        services.keys.create(cast.owner)
        services.sources.add(cast.owner, f"203.0.113.{n}")
    for path, name, count in (("numbers", "number", 7), ("calls", "uid", 6), ("keys", "key", 7), ("sources", "id", 7)):
        seen, following = [], f"/api/v1/{path}?size=3"
        while following:
            answer = owner.ask("GET", following)
            seen += [one[name] for one in answer.json()["items"]]
            link = answer.headers.get("Link", "")
            following = link.partition("https://sip.trunk.example")[2].partition(">")[0]
            assert bool(following) == bool(answer.json()["next"])
        assert len(seen) == len(set(seen)) == count, path


def test_a_cursor_that_is_not_ours_is_refused(owner, subtests):
    cursors = [
        "x",
        "",
        "W10",
        "bnVsbA",
        "WyJ4IiwgMV0",
        "%C3%A9",
        "a" * 201,
        "W1tbW1s",
        "WyJcdTAwMDAiXQ",
    ]  # the last one: ["\\u0000"]
    for path in ("numbers", "calls", "keys", "sources", "numbers/available"):
        for cursor in cursors:
            with subtests.test(f"{path} {cursor[:20]}"):
                problem(owner.ask("GET", f"{path}?cursor={cursor}"), 422, "invalid")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_its_zone_takes_out_of_the_calendar_is_refused(owner, time):
    written = time.replace("+", "%2B")
    for name in ("since", "until"):
        told = problem(owner.ask("GET", f"calls?{name}={written}"), 422, "invalid")
        assert told["errors"] == [{"field": name, "problem": "in UTC it is before the year 1 or after the year 9999"}]
    cursor = base64.urlsafe_b64encode(json.dumps([time, 1]).encode()).decode().rstrip("=")
    problem(owner.ask("GET", f"calls?cursor={cursor}"), 422, "invalid")


@pytest.mark.parametrize(
    ("path", "queries"),
    [("account", 4), ("numbers", 4), ("numbers/available", 4), ("numbers/447700900001", 4), ("keys", 6), ("sources", 4),
     ("calls", 7), ("calls/c0", 5), ("statistics", 9), ("trunk", 4)],
)  # fmt: skip
def test_a_request_asks_the_database_a_bounded_number_of_times(owner, record, services, cast, path, queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for n in range(20):
        record(f"c{n}", attempts=[{"kind": "carrier", "target": "telco", "address": ""}])
        services.numbers.add(f"+4477009001{n:02}", cast.owner)
        services.keys.create(cast.owner)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert owner.ask("GET", path).status_code == 200
    assert len(captured) <= queries, [query["sql"][:80] for query in captured]
