"""One file that makes a machine a node: what is in it, who may read it, and what it does not overwrite."""

import pytest

from trunkline.home import Home
from trunkline.node import certificates, invitation, secrets
from trunkline.settings import Settings

URL = 'postgresql://trunkline:p%40ss"word@db.example/trunkline'
SECTIONS = {
    "sip": {"domain": "sip.trunk.example", "address": "192.0.2.1", "port": 5070},
    "database": {"url": URL},
    "limits": {"ban_seconds": 60},
    "dns": {"primary": "192.0.2.53", "watch": True},
}


@pytest.fixture
def first(tmp_path):
    home = Home(tmp_path / "first")
    home.tls.mkdir(parents=True)
    certificates.ensure(home.tls, "sip.trunk.example", ["192.0.2.1"])
    secrets.ensure(home.secrets)
    return home


@pytest.fixture
def invited(first, tmp_path):
    path = tmp_path / "n2.toml"
    invitation.write(path, Settings(home=first.root, **SECTIONS), first, "n2", "ap", "192.0.2.2")
    return path


@pytest.fixture
def second(tmp_path):
    return Home(tmp_path / "second")


def test_who_takes_it_has_what_all_nodes_share_and_nothing_else(invited, first, second, monkeypatch):
    assert invited.stat().st_mode & 0o777 == 0o600
    assert invitation.take(invited, second) == "n2"
    assert second.secrets.read_text() == first.secrets.read_text()
    assert (second.tls / "ca.key").read_text() == (first.tls / "ca.key").read_text()
    assert {path.stat().st_mode & 0o777 for path in (second.settings, second.secrets, second.tls / "ca.key")} == {0o600}
    monkeypatch.setenv("TRUNKLINE_HOME", str(second.root))
    found = __import__("trunkline.settings").settings.load()
    assert (found.node.name, found.node.region, found.sip.address) == ("n2", "ap", "192.0.2.2")
    assert (found.sip.domain, found.sip.port, found.database.url) == ("sip.trunk.example", 5070, URL)
    assert (found.limits.ban_seconds, found.dns.primary, found.dns.watch) == (60, "192.0.2.53", False)
    assert not found.sandbox.enabled


def test_a_machine_that_is_a_node_is_left_alone(invited, first, second):
    second.root.mkdir()
    second.secrets.write_text("mine")
    with pytest.raises(invitation.InvitationError, match="is here already"):
        invitation.take(invited, second)
    assert second.secrets.read_text() == "mine"
    assert not second.settings.exists()
    with pytest.raises(invitation.InvitationError, match="is here already"):
        invitation.take(invited, first)


@pytest.mark.parametrize("text", ["", "no toml", "[settings]\n[secrets]\nnonce = 1\n", "settings = 1\nsecrets = 2\n"])
def test_a_file_that_is_none_is_refused(tmp_path, second, text):
    (tmp_path / "x").write_text(text)
    with pytest.raises(invitation.InvitationError, match="is no invitation"):
        invitation.take(tmp_path / "x", second)
    assert not second.root.exists()


@pytest.mark.parametrize(
    ("name", "sections", "words"),
    [
        ("n2", {"database": {"url": ""}}, "need a PostgreSQL"),
        ("n2", {"database": {"url": "sqlite:////tmp/x"}}, "need a PostgreSQL"),
        ("node1", SECTIONS, "a name of its own"),
        ("N 2", SECTIONS, "cannot be a node's name"),
    ],
)
def test_who_cannot_be_invited(first, tmp_path, name, sections, words):
    with pytest.raises(invitation.InvitationError, match=words):
        invitation.write(tmp_path / "x", Settings(home=first.root, **sections), first, name)
    assert not (tmp_path / "x").exists()


def test_a_file_that_is_there_does_not_become_an_invitation(first, tmp_path):
    (tmp_path / "x").write_text("somebody else's, and open to all")
    with pytest.raises(invitation.InvitationError, match="exists already"):
        invitation.write(tmp_path / "x", Settings(home=first.root, **SECTIONS), first, "n2")
    assert (tmp_path / "x").read_text() == "somebody else's, and open to all"
