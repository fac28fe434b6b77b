"""deploy/examples/three-nodes: the real loader takes each file, and together they make one service."""

import ipaddress
from pathlib import Path

import pytest

from trunkline import settings

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "three-nodes"
NAMES = ["ams1", "ams2", "sin1"]


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    found = []
    for path in (FOLDER / f"{name}.toml" for name in NAMES):
        home = tmp_path / path.stem
        home.mkdir()
        (home / "trunkline.toml").write_text(path.read_text())
        monkeypatch.setenv("TRUNKLINE_HOME", str(home))
        found.append(settings.load())
    return found


def test_each_is_a_node_of_its_own(nodes):
    assert [node.node.name for node in nodes] == NAMES
    assert len({node.sip_address for node in nodes}) == len({node.cluster.address for node in nodes}) == 3


def test_they_share_what_makes_them_one_service(nodes):
    shared = {
        (node.sip.domain, node.database_url, node.dns.zone, node.dns.primary, node.cluster.port) for node in nodes
    }
    assert len(shared) == 1
    assert nodes[0].database_url.startswith("postgresql://")
    assert [node.dns.watch for node in nodes] == [True, False, True]


def test_one_alone_has_the_account_of_the_sandbox(nodes):
    """Each would disable the key that another one made for it."""
    assert [node.sandbox.enabled for node in nodes] == [True, False, False]


def test_each_begins_with_another_one_that_is_there(nodes):
    heard = {node.cluster.address for node in nodes}
    for node in nodes:
        assert node.cluster.peers
        assert set(node.cluster.peers) <= heard - {node.cluster.address}


def test_the_public_addresses_are_for_documentation(nodes):
    """Nobody's, should somebody start one unchanged (RFC 5737)."""
    networks = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    for node in nodes:
        assert any(ipaddress.ip_address(node.sip_address) in network for network in networks)
