"""One file that makes a machine a node: what is in it, who may read it, and what it does not overwrite."""

import subprocess

import pytest
from click.testing import CliRunner

from trunkline.cli.main import trunkline
from trunkline.home import Home
from trunkline.node import certificates, invitation, secrets
from trunkline.settings import Settings

URL = 'postgresql://trunkline:p%40ss"word@db.example/trunkline'
SECTIONS = {
    "sip": {"domain": "sip.trunk.example", "address": "192.0.2.1", "port": 5070},
    "database": {"url": URL},
    "limits": {"ban_seconds": 60},
    "media": {"port_min": 20000, "port_max": 29999, "redis": True, "advertised": "192.0.2.9"},
    "dns": {"primary": "192.0.2.53", "watch": True},
    "web": {"operators_second_factor": True, "hosts": ["trunk.example"], "address": "192.0.2.1", "workers": 4},
    "mail": {"host": "mail.example", "sender": "trunk@example.com", "password": "p"},
    "api": {"requests_per_minute": 60},
    "audit": {"keep_days": 90},
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
    assert (found.media.port_min, found.media.port_max, found.media.redis, found.media.advertised) == (
        (20000, 29999, True, "")
    )
    assert not found.sandbox.enabled
    assert (found.web.operators_second_factor, found.web.hosts) == (True, ["trunk.example"])
    assert (found.web.address, found.web.workers) == ("", 2)
    assert (found.mail.host, found.api.requests_per_minute, found.audit.keep_days) == ("mail.example", 60, 90)


def test_every_setting_is_shared_or_each_machines_own():
    """So that one that comes later is not forgotten: `web.operators_second_factor` was, and one node asked for none."""
    own = {"node", "cluster", "journal", "metrics", "sandbox", "home"}
    assert set(invitation.SHARED) | own == set(Settings.model_fields)
    for section, names in invitation.OWN.items():
        assert set(names) < set(type(getattr(Settings(), section)).model_fields), section


@pytest.mark.parametrize(("mode", "said"), [(0o600, False), (0o644, True)])
def test_one_that_others_can_read_is_said(invited, second, monkeypatch, mode, said):
    invited.chmod(mode)
    monkeypatch.setenv("TRUNKLINE_HOME", str(second.root))
    result = CliRunner().invoke(trunkline, ["node", "join", str(invited)])
    assert (result.exit_code, "is open to others" in result.output) == (0, said)


def test_a_machine_that_is_a_node_is_left_alone(invited, first, second):
    second.root.mkdir()
    second.secrets.write_text("mine")
    with pytest.raises(invitation.InvitationError, match="exists already"):
        invitation.take(invited, second)
    assert second.secrets.read_text() == "mine"
    assert not second.settings.exists()
    with pytest.raises(invitation.InvitationError, match="exists already"):
        invitation.take(invited, first)


@pytest.mark.parametrize("text", ["", "no toml", "[settings]\n[secrets]\nnonce = 1\n", "settings = 1\nsecrets = 2\n"])
def test_a_file_that_is_none_is_refused(tmp_path, second, text):
    (tmp_path / "x").write_text(text)
    with pytest.raises(invitation.InvitationError, match="is not an invitation"):
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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"address": "foo"}, r"sip.address \(or TRUNKLINE_SIP__ADDRESS\): 'foo': 'foo' does not appear to be an IPv4"),
        ({"region": "EU west"}, "node.region .* is not of this form"),
        ({"address": "192.0.2.1"}, "192.0.2.1 is this node's own: the other one needs an address of its own"),
        ({"cluster_address": "10.0.0.1"}, "10.0.0.1 is this node's own: the other one needs a cluster address"),
        ({"cluster_address": "10.0.0.300"}, "cluster.address .* does not appear to be an IPv4"),
        ({}, "give the other one's such address by --cluster-address"),
    ],
)
def test_what_would_not_be_taken_is_not_written(first, tmp_path, options, words):
    options = options if "cluster_address" in options or not options else options | {"cluster_address": "10.0.0.2"}
    settings = Settings(home=first.root, cluster={"address": "10.0.0.1"}, **SECTIONS)
    with pytest.raises(invitation.InvitationError, match=words):
        invitation.write(tmp_path / "x", settings, first, "n2", **options)
    assert not (tmp_path / "x").exists()


def test_who_hears_nobody_invites_nobody_to_be_heard(first, tmp_path):
    settings = Settings(home=first.root, **SECTIONS)
    with pytest.raises(invitation.InvitationError, match="set cluster.address here first"):
        invitation.write(tmp_path / "x", settings, first, "n2", cluster_address="10.0.0.2")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"address" = "192.0.2.2"', '"address" = "192.0.2.2x"', "'192.0.2.2x' does not appear to be an IPv4"),
        ('"address" = "192.0.2.2"', '"later" = 1', r"sip.later \(or TRUNKLINE_SIP__LATER\): there is no such setting"),
        ('"nonce"', '"nonse"', "nonse"),
        ('"name" = "n2"', '"name" = "../n2"', "node.name .* is not of this form"),
        ('"authority"', '"authorities"', None),  # without one, the machine makes its own
    ],
)
def test_one_that_was_edited_is_refused_in_words(invited, second, before, after, words):
    text = invited.read_text()
    assert before in text
    invited.write_text(text.replace(before, after))
    if words is None:
        assert invitation.take(invited, second) == "n2"
        return
    with pytest.raises(invitation.InvitationError, match=f"an invitation of this version of Trunkline: .*{words}"):
        invitation.take(invited, second)
    assert not second.root.exists()


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_one_that_did_not_arrive_whole_is_refused(invited, second, share):
    text = invited.read_bytes()
    invited.write_bytes(text[: int(len(text) * share)])
    with pytest.raises(invitation.InvitationError, match="is not an invitation"):
        invitation.take(invited, second)
    assert not second.root.exists()


def test_a_disk_that_is_full_is_left_as_it_was(invited, second, tmp_path):
    """So that the invitation can be taken once there is room."""
    second.root.mkdir()
    mount(second.root, 8)  # kB
    try:
        (second.root / "filler").write_bytes(b"x" * 4096)
        with pytest.raises(invitation.InvitationError, match="cannot be written: No space left on device. Nothing"):
            invitation.take(invited, second)
        assert sorted(path.name for path in second.root.rglob("*") if path.is_file()) == ["filler"]
        (second.root / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=1m", second.root], check=True)
        assert invitation.take(invited, second) == "n2"
    finally:
        subprocess.run(["umount", second.root], check=True)


def mount(folder, kilobytes):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("postgresql://t@db.example/t", False),
        ("postgresql://t@10.0.0.5/t", False),
        ("postgresql://t@localhost/t", True),
        ("postgresql://t@[::1]/t", True),
        ("postgresql://t@127.0.0.1:5433/t", True),
        ("postgresql:///t?host=/run/postgresql", True),
        ("postgresql:///t", True),
        ("postgresql://?service=trunkline", False),
    ],
)
def test_a_database_that_is_another_one_on_another_machine(url, local):
    assert invitation.database_is_local(Settings(database={"url": url})) is local


def test_a_file_that_is_there_does_not_become_an_invitation(first, tmp_path):
    (tmp_path / "x").write_text("somebody else's, and open to all")
    with pytest.raises(invitation.InvitationError, match="exists already"):
        invitation.write(tmp_path / "x", Settings(home=first.root, **SECTIONS), first, "n2")
    assert (tmp_path / "x").read_text() == "somebody else's, and open to all"
