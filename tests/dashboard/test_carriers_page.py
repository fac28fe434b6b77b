"""Carriers and routes, for operators."""

import pytest

GIVEN = {"host": "sip.telco.example", "transport": "udp", "sources": "198.51.100.0/28"}


@pytest.fixture
def tried(record, cast):
    """`tried(n, code=503, cause="reply")`: n attempts of the carrier that ended so, each after the one before."""
    from datetime import timedelta

    count = 0

    def write(n, **ended):
        nonlocal count
        for _ in range(n):
            count += 1
            began = record.began + timedelta(seconds=count)
            attempt = {"kind": "carrier", "target": "telco", "started": began, "ended": began + timedelta(seconds=1)}
            record(f"t{count}", after=count, attempts=[attempt | ended])

    return write


def test_a_carrier_is_added_with_its_sources(operator, services):
    given = {"name": "next", "host": "sip.next.example", "transport": "tls", "port": "5071", "username": "us"}
    given |= {"password": "pw of ours", "strip": "1", "prefix": "00", "sources": "192.0.2.0/28\n192.0.2.99:5080"}
    assert operator.post("/carriers/add", given).headers["Location"] == "/carriers/"
    carrier = services.carriers.get("next")
    shown = services.carriers.as_dict(carrier)
    assert {name: shown[name] for name in ("host", "transport", "port", "username", "strip", "prefix", "sources")} == {
        "host": "sip.next.example", "transport": "tls", "port": 5071, "username": "us", "strip": 1, "prefix": "00",
        "sources": ["192.0.2.0/28", "192.0.2.99:5080"],
    }  # fmt: skip
    assert carrier.password == "pw of ours"
    assert "Not called" in operator.get("/carriers/").content.decode()


def test_a_password_is_never_shown_stays_and_goes(operator, services, cast):
    services.carriers.change(cast.telco, username="us", password="secret-of-telco")
    page = operator.get("/carriers/telco/edit").content.decode()
    assert "secret-of-telco" not in page + operator.get("/carriers/").content.decode()
    assert "There is one, which is never shown" in page
    operator.post("/carriers/telco/edit", GIVEN | {"username": "us"})
    assert services.carriers.get("telco").password == "secret-of-telco"
    answer = operator.post("/carriers/telco/edit", GIVEN | {"password": "typed-anew", "port": "99999"})
    assert (answer.status_code, "typed-anew" in answer.content.decode()) == (422, False)
    operator.post("/carriers/telco/edit", GIVEN | {"forget": "on"})
    assert services.carriers.get("telco").password == ""


CANNOT_BE = [
    ("host", "", "Write where its calls go to."),
    ("host", "sip:telco.example", "without &#x27;sip:&#x27;"),
    ("host", "<script>", "cannot be a carrier&#x27;s host"),
    ("port", "99999", "whole number from 0 to 65535"),
    ("port", "high", "Write a whole number."),
    ("strip", "15", "at most 14"),
    ("prefix", "00x", "cannot be dialled"),
    ("transport", "sctp", "not one of the available choices"),
    ("username", 'a"b', "quote or control character"),
    ("password", 'a"b', "quote or control character"),
    ("sources", "198.51.100.0/28 everywhere", "not a network"),
    ("sources", "0.0.0.0/0", "too much of the Internet"),
]


def test_what_cannot_be_is_said_beside_its_field(operator, services):
    for field, value, said in CANNOT_BE:
        answer = operator.post("/carriers/telco/edit", GIVEN | {field: value})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page.partition(f'id="id_{field}_error"')[2].partition("</p>")[0], field
        assert 'aria-invalid="true"' in page
    assert services.carriers.as_dict(services.carriers.get("telco"))["host"] == "sip.telco.example"


def test_what_is_somebody_elses_is_refused_as_a_whole(operator, services, cast):
    services.sources.add(cast.owner, "192.0.2.0/28")
    answer = operator.post("/carriers/telco/edit", GIVEN | {"host": "other.example", "sources": "192.0.2.0/28"})
    assert "already a source of the account" in answer.content.decode()
    assert services.carriers.get("telco").host == "sip.telco.example"  # nothing of it is done
    again = operator.post("/carriers/add", GIVEN | {"name": "telco", "sources": ""})
    assert "already a carrier" in again.content.decode()


def test_on_and_off_and_gone(operator, services, cast):
    operator.post("/carriers/telco/disable")
    assert not services.carriers.get("telco").enabled
    assert "Disabled" in operator.get("/carriers/").content.decode()
    operator.post("/carriers/telco/enable")
    assert operator.post("/carriers/telco/remove").status_code == 422  # a route names it
    operator.post(f"/routes/{cast.route.pk}/remove")
    assert operator.post("/carriers/telco/remove").status_code == 302
    assert operator.get("/carriers/telco/edit").status_code == 404


def test_how_a_carrier_does_is_what_became_of_its_calls(operator, services, tried, cast):
    def state():
        return operator.get("/carriers/").content.decode().partition('<ul class="rows">')[2].partition("</ul>")[0]

    tried(12, code=200)
    tried(6, code=486, reason="Busy Here", cause="reply")
    assert ">Works<" in state()
    assert "67% of the last 18 calls answered." in state()
    tried(3, cause="silence", reason="")
    assert ">Fails often<" in state()
    assert "57% of the last 21 calls answered, 3 failed." in state()
    assert "telco gave no response in time" in state()
    tried(2, code=503, reason="Service Unavailable", cause="reply")
    assert ">Fails<" in state()
    assert "telco said 503 Service Unavailable" in state()
    tried(1, code=200)
    assert ">Fails often<" in state()


def test_old_attempts_and_those_of_others_do_not_count(services, record, cast):
    from datetime import timedelta

    from django.utils import timezone

    now, old = timezone.now(), timezone.now() - timedelta(hours=25)
    ended = {"kind": "carrier", "code": 503, "cause": "reply"}
    record("old", attempts=[ended | {"target": "telco", "started": old, "ended": old}])
    record("other", attempts=[ended | {"target": "telco2", "started": now, "ended": now}])
    record("uri", attempts=[ended | {"target": "telco", "kind": "uri", "started": now, "ended": now}])
    record("open", attempts=[{"kind": "carrier", "target": "telco", "started": now}])
    [health] = services.health.of([cast.telco], now).values()
    assert (health.state, health.attempts, health.answered_share) == ("unknown", 0, None)


def test_which_route_would_this_number_take(operator, services, cast):
    backup = services.carriers.create("backup", "backup.example", strip=2, prefix="0")
    services.routes.add("44", backup, weight=30)
    services.routes.add("4420", backup, priority=20)
    ask = lambda number: operator.get("/routes/", {"number": number}, HTTP_HX_REQUEST="true").content.decode()  # noqa: E731
    assert 'backup</strong> <span class="quiet">gets 02071234567, by the route for +4420' in ask("+44 20 7123 4567")
    shared = ask("447911123456")
    assert shared.index("backup</strong>") < shared.index("telco</strong>")
    assert "first for 75% of priority 10" in shared
    assert "No carrier serves" in ask("33123456789")
    services.carriers.change(cast.telco, enabled=False)
    services.carriers.change(backup, enabled=False)
    assert "disabled (backup, telco)" in ask("447911123456")
    assert "is hosted here, for owner: calls to it go to its PBX" in ask("447700900001")
    assert "not an E.164 number" in ask("12<b>")
    assert "<b>" not in ask("12<b>")
    whole = operator.get("/routes/?number=447911123456").content.decode()
    assert "<nav" in whole
    assert "disabled (backup, telco)" in whole


def test_a_route_is_added_changed_and_removed(operator, services, cast):
    given = {"prefix": "+33 ", "carrier": "telco", "priority": "5", "weight": "7"}
    assert operator.post("/routes/add", given).status_code == 302
    route = services.routes.everyone().get(prefix="33")
    assert (route.priority, route.weight) == (5, 7)
    operator.post(f"/routes/{route.pk}/edit", {"priority": "6", "weight": "8"})
    route.refresh_from_db()
    assert (route.priority, route.weight) == (6, 8)
    again = operator.post("/routes/add", given)
    assert (again.status_code, "already serves prefix 33" in again.content.decode()) == (422, True)
    operator.post(f"/routes/{route.pk}/remove")
    assert not services.routes.everyone().filter(prefix="33").exists()
    assert operator.post("/routes/99999999999999999999999/remove").status_code == 404


def test_calls_to_a_prefix_are_refused(operator, services):
    given = {"prefix": "252", "carrier": "!", "priority": "10", "weight": "10"}
    assert operator.post("/routes/add", given).status_code == 302
    route = services.routes.everyone().get(prefix="252")
    page = operator.get("/routes/", {"number": "25261234567"}).content.decode()
    assert "would be refused, by the route for +252" in page
    assert page.count(">Refused</span>") == 1
    assert "+252, refused" in operator.get(f"/routes/{route.pk}/edit").content.decode()
    assert "are refused already" in operator.post("/routes/add", given).content.decode()


NO_ROUTE = [
    ("prefix", "0044", "not a prefix"),
    ("carrier", "nobody", "not one of the available choices"),
    ("priority", "-1", "from 0 to 65535"),
    ("weight", "x", "Write a whole number."),
]


def test_a_route_that_cannot_be(operator, services):
    for field, value, said in NO_ROUTE:
        given = {"prefix": "33", "carrier": "telco", "priority": "5", "weight": "7"}
        answer = operator.post("/routes/add", given | {field: value})
        assert answer.status_code == 422
        assert said in answer.content.decode().partition(f'id="id_{field}_error"')[2].partition("</p>")[0], field
    assert services.routes.everyone().count() == 1


def test_a_routes_numbers_are_checked_by_the_service(services, cast):
    from trunkline.control import ServiceError

    with pytest.raises(ServiceError, match="from 0 to 65535"):
        services.routes.change(cast.route, priority=70000)
    assert services.routes.dialled(cast.route, "+44 20 7123 4567") == "442071234567"
