"""What a node makes for itself at its first start: secrets, certificates, ports, folders."""

import datetime as dt
import json
import os
import pwd
import socket
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from trunkline import control
from trunkline.cli import starting
from trunkline.home import Home
from trunkline.node import certificates, folders, ports, secrets
from trunkline.node.certificates import CertificateError
from trunkline.node.secrets import SecretsError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Secrets


def test_secrets_are_made_once_private_and_long(tmp_path):
    path = tmp_path / "secrets.json"
    made = secrets.ensure(path)
    assert secrets.ensure(path) == made
    assert mode(path) == 0o600
    values = json.loads(path.read_text())
    assert set(values) == {"nonce", "mask", "dialog", "dashboard"}
    assert len(set(values.values())) == 4
    assert all(len(value) >= 32 and int(value, 16) for value in values.values())
    assert not any(value in repr(made) for value in values.values())


def test_a_file_from_before_there_was_a_dashboard_keeps_its_secrets(tmp_path):
    path = tmp_path / "secrets.json"
    before = {name: name[0] * 64 for name in ("nonce", "mask", "dialog")}
    path.write_text(json.dumps(before))
    made = secrets.ensure(path)
    assert (made.nonce, made.mask, made.dialog) == tuple(before.values())
    assert len(made.dashboard) == 64
    assert secrets.ensure(path) == made


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nonce": "short", "mask": "short", "dialog": "short"}', '{"a": 1}'])
def test_damaged_secrets_are_not_replaced_silently(tmp_path, text):
    path = tmp_path / "secrets.json"
    path.write_text(text)
    with pytest.raises(SecretsError, match=r"is damaged .* Put back a copy of it, or delete it"):
        secrets.ensure(path)
    assert path.read_text() == text


def test_a_copied_file_is_closed_to_others(tmp_path):
    path = tmp_path / "secrets.json"
    secrets.ensure(path)
    path.chmod(0o644)
    secrets.ensure(path)
    assert mode(path) == 0o600


# Certificates


def test_certificates_are_made_once_and_verify(tmp_path):
    said = certificates.ensure(tmp_path, "sip.example", {"192.0.2.1", "2001:db8::1"})
    assert said == "made for sip.example: there is none"
    ca, node = (certificates.load(tmp_path / name) for name in ("ca.crt", "node.crt"))
    node.verify_directly_issued_by(ca)
    names = node.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sip.example"]
    assert {str(ip) for ip in names.get_values_for_type(x509.IPAddress)} == {"192.0.2.1", "2001:db8::1"}
    assert mode(tmp_path / "ca.key") == mode(tmp_path / "node.key") == 0o600
    key = load_pem_private_key((tmp_path / "node.key").read_bytes(), None)
    assert key.public_key() == node.public_key()
    before = (tmp_path / "node.crt").read_bytes()
    assert certificates.ensure(tmp_path, "sip.example", {"2001:db8::1", "192.0.2.1"}).startswith("valid until")
    assert (tmp_path / "node.crt").read_bytes() == before


def test_changed_names_make_another_certificate_from_the_same_authority(tmp_path):
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    ca = (tmp_path / "ca.crt").read_bytes()
    said = certificates.ensure(tmp_path, "sip.example", ["192.0.2.2"])
    assert said.endswith("the names of this node changed")
    assert (tmp_path / "ca.crt").read_bytes() == ca
    certificates.load(tmp_path / "node.crt").verify_directly_issued_by(certificates.load(tmp_path / "ca.crt"))


@pytest.mark.parametrize(
    ("days", "renewed"), [(certificates.RENEW_DAYS - 1, True), (certificates.RENEW_DAYS + 1, False)]
)
def test_a_certificate_is_renewed_before_it_ends(tmp_path, monkeypatch, days, renewed):
    monkeypatch.setattr(certificates, "NODE_DAYS", days)
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    monkeypatch.undo()
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    left = certificates.load(tmp_path / "node.crt").not_valid_after_utc - dt.datetime.now(dt.UTC)
    assert (left > dt.timedelta(days=certificates.RENEW_DAYS + 10)) is renewed


def test_a_pair_that_a_crash_left_unmatched_is_replaced(tmp_path):
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    (tmp_path / "node.key").write_bytes((tmp_path / "ca.key").read_bytes())
    assert "did not match its key" in certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])


@pytest.fixture
def own(tmp_path):
    """A folder in which the certificate is of another authority, and its key of the folder's own."""
    other = tmp_path / "other"
    other.mkdir()
    certificates.ensure(other, "other.example", ["192.0.2.9"])
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    (tmp_path / "node.crt").write_bytes((other / "node.crt").read_bytes())
    return tmp_path


def test_the_operators_own_certificate_is_left_alone(own, monkeypatch):
    (own / "node.key").write_bytes((own / "other/node.key").read_bytes())
    assert certificates.ensure(own, "sip.example", ["192.0.2.1"]).startswith("your own, valid until")
    assert (own / "node.crt").read_bytes() == (own / "other/node.crt").read_bytes()
    ends = certificates.load(own / "node.crt").not_valid_after_utc
    monkeypatch.setattr(certificates, "dt", SimpleNamespace(UTC=dt.UTC, datetime=SimpleNamespace(now=lambda _: ends)))
    assert certificates.ensure(own, "sip.example", ["192.0.2.1"]).startswith("your own, which ended on")


def test_names_that_the_operators_own_certificate_lacks_are_said(own):
    (own / "node.key").write_bytes((own / "other/node.key").read_bytes())
    said = certificates.ensure(own, "other.example", ["192.0.2.1"], ["eu.other.example"])
    assert said.endswith(", but not for eu.other.example: a PBX that verifies it cannot use these names")
    assert "but not" not in certificates.ensure(own, "Other.example", ["192.0.2.1"])


def test_a_wildcard_holds_for_one_label(tmp_path, own):
    certificates.ensure(tmp_path / "other", "*.example", ["192.0.2.9"])
    for name in ("node.crt", "node.key"):
        (own / name).write_bytes((own / "other" / name).read_bytes())
    said = certificates.ensure(own, "sip.example", ["192.0.2.1"], ["eu.sip.example"])
    assert ", but not for eu.sip.example: " in said


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda key: None, r"node.key is not the key of .*node.crt: put the right one there"),
        (lambda key: key.unlink(), r"node.crt has no key beside it: put it into .*node.key"),
        (lambda key: key.write_text("nonsense"), r"node.key cannot be read as an unencrypted PEM key"),
    ],
)
def test_the_operators_own_certificate_without_its_key_is_refused_and_kept(own, spoil, words):
    """The engine would say it in a minute's retries; and another certificate in its place is none that PBXs verify."""
    spoil(own / "node.key")
    with pytest.raises(CertificateError, match=words):
        certificates.ensure(own, "sip.example", ["192.0.2.1"])
    assert (own / "node.crt").read_bytes() == (own / "other/node.crt").read_bytes()


@pytest.mark.parametrize("name", ["node.crt", "ca.crt"])
def test_a_damaged_certificate_is_named(tmp_path, name):
    certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])
    (tmp_path / name).write_text("nonsense")
    with pytest.raises(CertificateError, match=f"{name} cannot be read .* Delete it and its key"):
        certificates.ensure(tmp_path, "sip.example", ["192.0.2.1"])


# Ports


def test_a_free_port_is_chosen_once_and_kept(tmp_path):
    path = tmp_path / "ports.json"
    chosen = ports.ensure(path, 0)
    assert chosen == ports.ensure(path, 0) == ports.read(path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", chosen.relays[0]))
        assert ports.ensure(path, 0) != chosen
    assert ports.ensure(path, 12345, 2).relays == (12345, 12346)


def test_each_relay_has_a_port_that_stays_its_own(tmp_path):
    path = tmp_path / "ports.json"
    one = ports.ensure(path, 0, 1)
    three = ports.ensure(path, 0, 3)
    assert three.relays[0] == one.relays[0]
    assert len(set(three.relays)) == 3
    assert ports.ensure(path, 0, 2).relays == three.relays[:2]


def test_a_damaged_note_of_ports_is_made_anew(tmp_path):
    (tmp_path / "ports.json").write_text('{"what": 1')
    assert ports.ensure(tmp_path / "ports.json", 0).relays[0] > 0


# Folders


@pytest.fixture
def short():
    """A folder with a short path, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_engines_reach_their_files_and_no_others(short):
    short.chmod(0o755)
    home = Home(short / "h")
    folders.make(home)
    certificates.ensure(home.tls, "sip.example", ["192.0.2.1"])
    for name in ("rtpengine.conf", "kamailio.cfg", "edge.json"):
        (home.node / name).touch()
    (home.stores / "link").symlink_to(home.secrets)
    (home.journal_file).touch(0o640)
    secrets.ensure(home.secrets)
    folders.hand_over(home)
    folders.make(home)  # a second start changes nothing
    kamailio = pwd.getpwnam("kamailio").pw_uid
    owners = {path: path.stat().st_uid for path in (home.store, home.journal_file, home.tls / "node.key")}
    assert set(owners.values()) == {kamailio}
    for path in (home.node, home.node / "kamailio.cfg", home.node / "rtpengine.conf", home.node / "edge.json"):
        assert path.stat().st_uid == 0  # or an engine could make itself root by what it has root start
    assert (home.node / "edge.json").stat().st_gid == pwd.getpwnam("kamailio").pw_gid
    assert mode(home.node / "edge.json") == 0o640
    for path in (home.secrets, home.tls / "ca.key"):
        assert (path.stat().st_uid, mode(path)) == (0, 0o600)
    assert mode(home.store) == 0o600
    assert (home.run.stat().st_uid, mode(home.run)) == (0, 0o711)


def test_the_settings_are_not_for_other_users(short):
    home = Home(short)
    assert folders.close_settings(home) == ""
    home.settings.write_text("")
    home.settings.chmod(0o644)
    assert folders.close_settings(home) == f"{home.settings} is closed to the machine's other users now"
    assert mode(home.settings) == 0o640
    assert folders.close_settings(home) == ""


def test_a_file_in_the_way_of_a_folder_is_named(short):
    (short / "journal").write_text("")
    with pytest.raises(folders.FolderError, match=r"journal is in the way: it should be a folder"):
        folders.make(Home(short))


def test_a_home_too_deep_for_sockets_is_refused(short):
    with pytest.raises(folders.FolderError, match="is too long for the sockets in it; choose a TRUNKLINE_HOME"):
        folders.make(Home(short / ("x" * 100)))


@pytest.mark.parametrize("name", ["my home", "100%", 'quo"te', "\u00e9"])
def test_a_home_that_no_configuration_file_can_name_is_refused(short, name):
    with pytest.raises(folders.FolderError, match="letters, digits and"):
        folders.make(Home(short / name))
    assert not (short / name).exists()


def test_a_home_that_the_engines_cannot_reach_is_refused(short):
    closed = short / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(folders.FolderError, match=r"through .*closed, which is closed to others"):
        folders.make(Home(closed / "home"))


def test_a_node_that_has_nothing_to_serve_by_waits_for_its_database(tmp_path, monkeypatch):
    """As after an upgrade that was begun while the database was away."""

    def away():
        raise control.DatabaseAway("it does not serve us")

    monkeypatch.setattr(control, "migrate", away)
    with pytest.raises(starting.UpError, match="does not serve us. This node cannot start without it: it has no store"):
        starting._away(Home(tmp_path))
