"""What an operator publishes for the firewalls of others."""

from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml"


@pytest.fixture
def setting(monkeypatch):
    """`setting(SIP__PORT="5070")`"""
    return lambda **values: [monkeypatch.setenv(f"TRUNKLINE_{name}", value) for name, value in values.items()]


def rows(document):
    [region] = document["regions"]
    [endpoint] = region["endpoints"]
    return region["region"], endpoint["endpoint"], endpoint["ranges"]


def test_every_place_has_its_row_for_each_direction(ask, setting):
    setting(SIP__ADDRESS="198.51.100.20", SIP__PORT="5070", SIP__TLS_PORT="5071", NODE__REGION="eu-west")
    setting(MEDIA__ADDRESS="198.51.100.21", MEDIA__PORT_MIN="20000", MEDIA__PORT_MAX="20999", NODE__NAME="ams1")
    region, name, ranges = rows(ask("ranges"))
    assert (region, name) == ("eu-west", "ams1")
    found = {(r["purpose"], r["direction"], r["protocol"], r["address"], r["port_min"], r["port_max"]) for r in ranges}
    assert found == {
        ("signalling", "to", "udp", "198.51.100.20", 5070, 5070),
        ("signalling", "to", "tcp", "198.51.100.20", 5070, 5070),
        ("signalling", "to", "tcp", "198.51.100.20", 5071, 5071),
        ("signalling", "from", "udp", "198.51.100.20", 5070, 5070),
        ("signalling", "from", "tcp", "198.51.100.20", 1, 65535),
        ("media", "to", "udp", "198.51.100.21", 20000, 20999),
        ("media", "from", "udp", "198.51.100.21", 20000, 20999),
    }


def test_behind_a_nat_they_are_what_others_see(ask, setting):
    setting(SIP__ADDRESS="10.0.0.5", SIP__ADVERTISED="198.51.100.20")
    assert {r["address"] for r in rows(ask("ranges"))[2]} == {"198.51.100.20"}
    setting(MEDIA__ADDRESS="10.0.0.6", MEDIA__ADVERTISED="198.51.100.21")
    media = {r["address"] for r in rows(ask("ranges"))[2] if r["purpose"] == "media"}
    assert media == {"198.51.100.21"}


def test_people_read_it_as_a_table(run, setting):
    setting(SIP__ADDRESS="198.51.100.20")
    said = run("ranges").out
    assert "Region default, endpoint node1" in said
    assert "30000-39999" in said
    assert run("ranges").status == 0


def test_endpoints_take_the_place_of_the_settings_by_region(ask, run):
    run("endpoint", "import", str(EXAMPLE))
    regions = {region["region"]: region["endpoints"] for region in ask("ranges")["regions"]}
    assert {region: [e["endpoint"] for e in found] for region, found in regions.items()} == {
        "ap": ["ap1", "ap2"],
        "eu": ["eu1", "eu2"],
        "us": ["us-2-1", "us-2-2"],
    }
    media = {r["address"] for r in regions["eu"][0]["ranges"] if r["purpose"] == "media"}
    assert media == {"198.51.100.160/28"}
    assert "node1" not in run("ranges").out


def test_a_region_is_a_plain_word(run, setting):
    setting(NODE__REGION="EU West")
    refused = run("ranges")
    assert refused.status == 1
    assert "'EU West' is not of this form: 1 to 63 of a-z" in refused.err
