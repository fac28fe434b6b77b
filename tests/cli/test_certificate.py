"""The node's certificate holds for every name that a PBX is told to call this node by."""

import json

import pytest
from cryptography import x509

from trunkline import settings as all_settings
from trunkline.cli import certificate
from trunkline.control import DatabaseUnavailable
from trunkline.home import Home
from trunkline.node import certificates

DOMAIN = "sip.example.com"


@pytest.fixture
def made(run, home_folder, monkeypatch):
    """Make the certificate of the node at 192.0.2.1, and get its names and addresses."""
    monkeypatch.setenv("TRUNKLINE_SIP__DOMAIN", DOMAIN)
    monkeypatch.setenv("TRUNKLINE_SIP__ADDRESS", "192.0.2.1")
    monkeypatch.setenv("TRUNKLINE_WEB__HOSTS", json.dumps(["trunk.example.com"]))
    home = Home(home_folder)
    home.tls.mkdir()

    def make(**how) -> set[str]:
        certificate.ensure(all_settings.load(), home, **how)
        held = certificates.load(home.tls / "node.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName)
        addresses = held.value.get_values_for_type(x509.IPAddress)
        return {*held.value.get_values_for_type(x509.DNSName), *map(str, addresses)}

    return make


def test_without_endpoints_it_holds_for_the_domain(made):
    assert made() == {DOMAIN, "trunk.example.com", "192.0.2.1"}


def test_it_holds_for_this_nodes_endpoints_and_all_regions(made, run):
    run("endpoint", "add", "eu1", "sip-eu1.example.com", "--address", "192.0.2.1", "--region", "eu")
    run("endpoint", "add", "ap1", "sip-ap1.example.com", "--address", "192.0.2.9", "--region", "ap")
    run("endpoint", "add", "ip", "192.0.2.1", "--region", "eu")
    services = {DOMAIN, f"eu.{DOMAIN}", f"ap.{DOMAIN}"}
    assert made() == {*services, "sip-eu1.example.com", "trunk.example.com", "192.0.2.1"}


def test_without_the_database_the_names_stay(made, run, monkeypatch):
    run("endpoint", "add", "eu1", "sip-eu1.example.com", "--address", "192.0.2.1", "--region", "eu")
    before = made()
    assert made(away=True) == before

    def fail(_):
        raise DatabaseUnavailable("it is away")

    monkeypatch.setattr("trunkline.control.endpoints.services.names_of", fail)
    assert made() == before


def test_whoever_makes_an_endpoint_is_told_of_the_certificate(run):
    said = "`trunkline node certificate` on each node"
    assert said in run("endpoint", "add", "eu1", "sip-eu1.example.com", "--address", "192.0.2.1").out
    assert said in run("endpoint", "set", "eu1", "--host", "sip-eu2.example.com").out
    assert said not in run("endpoint", "set", "eu1", "--weight", "20").out
    assert said not in run("endpoint", "add", "ip", "192.0.2.1").out
