"""Endpoints, for operators: made, changed and removed as the command line does."""

import pytest

GIVEN = {
    "host": "EU1.trunk.example", "addresses": "198.51.100.11\n2001:db8::11", "port": "5060", "tls_port": "5061",
    "weight": "20", "region": "eu-west", "city": "London", "latitude": "51.5", "longitude": "-0.13",
    "sources": "198.51.100.0/28", "media": "198.51.100.11:30000-39999",
}  # fmt: skip
WANTED = {
    "name": "eu", "host": "eu1.trunk.example", "addresses": ["198.51.100.11", "2001:db8::11"], "port": 5060,
    "tls_port": 5061, "weight": 20, "region": "eu-west", "city": "London", "latitude": 51.5, "longitude": -0.13,
    "sources": ["198.51.100.0/28"], "media": ["198.51.100.11:30000-39999"], "enabled": True,
}  # fmt: skip


@pytest.fixture
def eu(operator):
    assert "each node's own settings" in operator.get("/endpoints/add").content.decode()
    assert operator.post("/endpoints/add", GIVEN | {"name": "eu"}).headers["Location"] == "/endpoints/"


def shown(services):
    return services.endpoints.as_dict(services.endpoints.get("eu"))


def test_an_endpoint_is_added_and_others_are_told_of_it(operator, services, eu):
    assert shown(services) == WANTED
    assert [one.host for one in services.endpoints.published()] == ["eu1.trunk.example"]
    page = operator.get("/endpoints/").content.decode()
    assert "<code>trunkline node certificate</code> on each node" in page
    assert "eu1.trunk.example" in page
    assert "This node" not in page
    answer = operator.post("/endpoints/add", GIVEN | {"name": "eu"})
    assert (answer.status_code, "There is already an endpoint" in answer.content.decode()) == (422, True)


def test_the_form_has_what_there_is_and_what_is_emptied_goes(operator, services, eu):
    page = operator.get("/endpoints/eu/edit").content.decode()
    for value in ('value="eu1.trunk.example"', "198.51.100.11\n2001:db8::11", 'value="51.5"', 'value="20"'):
        assert value in page
    emptied = {"latitude": "", "longitude": "", "city": "", "sources": "", "media": "", "weight": "1"}
    assert operator.post("/endpoints/eu/edit", GIVEN | emptied).status_code == 302
    left = {"latitude": None, "longitude": None, "city": "", "sources": [], "media": [], "weight": 1}
    assert shown(services) == WANTED | left
    entry = services.audit.find(kind="endpoint")[0]
    assert (entry.who, entry.did) == ("operator", "changed")
    assert ["weight", 20, 1] in entry.changes


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("host", "", "Write the name that PBXs call."),
        ("host", "a b", "cannot be an endpoint&#x27;s host"),
        ("addresses", "198.51.100", "is not an IP address"),
        ("addresses", "", "needs its addresses"),
        ("port", "0", "whole number from 1 to 65535"),
        ("port", "", "Write a number."),
        ("tls_port", "5060", "cannot have TCP and TLS at the same port"),
        ("weight", "much", "Write a whole number."),
        ("region", "EU West", "cannot be a region"),
        ("city", "x" * 81, "at most 80"),
        ("latitude", "91", "is not on the Earth"),
        ("latitude", "", "needs latitude and longitude"),
        ("longitude", "nan", "Write degrees"),
        ("sources", "198.51.100.1:5060", "calls come from any"),
        ("media", "<b>", "&lt;b&gt;"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(operator, services, eu, field, typed, said):
    answer = operator.post("/endpoints/eu/edit", GIVEN | {field: typed})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert shown(services) == WANTED


def test_the_only_one_that_others_know_of_stays(operator, services, eu):
    answer = operator.post("/endpoints/eu/disable")
    assert (answer.status_code, "only enabled endpoint" in answer.content.decode()) == (422, True)
    services.endpoints.add("us", "198.51.100.21")
    assert operator.post("/endpoints/eu/disable").status_code == 302
    assert not shown(services)["enabled"]
    operator.post("/endpoints/eu/edit", GIVEN | {"weight": "7"})
    assert shown(services) == WANTED | {"enabled": False, "weight": 7}, "a change does not enable it"
    assert operator.post("/endpoints/us/remove").status_code == 422
    operator.post("/endpoints/eu/enable")
    assert operator.post("/endpoints/eu/remove").status_code == 302
    assert [one.name for one in services.endpoints.everyone()] == ["us"]
    for path in ("/endpoints/eu/edit", "/endpoints/<b>/edit"):
        assert operator.get(path).status_code == 404
