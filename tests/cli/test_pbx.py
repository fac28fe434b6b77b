"""`trunkline pbx` over an account's own things."""

import re
import stat
import tarfile

import pytest

from pbx import tenth
from trunkline.pbx import registry


@pytest.fixture
def acme(ask):
    """An account with a key and two numbers, and one that is nobody's business; the value is the key as JSON."""
    ask("account", "add", "acme")
    ask("account", "add", "stranger")
    for number, account in (("+447700900000", "acme"), ("+447700900001", "acme"), ("+447700900009", "stranger")):
        ask("number", "add", number, "--account", account)
    return ask("key", "add", "acme")


def test_the_list_has_every_pbx(run, ask):
    listed = ask("pbx", "list")
    assert [system["name"] for system in listed] == list(registry.systems_by_name())
    assert "Asterisk" in run("pbx", "list").out


def test_a_pbx_that_is_added_is_listed_and_shown(run, ask, acme, tmp_path):
    with tenth.added(tmp_path) as name:
        assert name in [system["name"] for system in ask("pbx", "list")]
        assert f"User: {acme['key']}" in run("pbx", "show", name, "--account", "acme").out


def test_a_pbx_that_is_none_is_told_of_before_what_the_account_lacks(run, ask):
    ask("account", "add", "empty")
    ran = run("pbx", "show", "asterix", "--account", "empty")
    assert (ran.status, ran.err.startswith("trunkline: there is no PBX 'asterix' here: the names are 3cx, ")) == (
        1,
        True,
    )


def test_srv_records_lead_to_the_endpoints_where_that_is_asked_for(run, ask, acme):
    ask("endpoint", "add", "ap1", "sip-ap1.example.net", "--region", "ap", "--address", "192.0.2.1")
    asked = ("pbx", "show", "freeswitch", "--account", "acme")
    profile = ask(*asked)["files"]["etc/freeswitch/sip_profiles/trunk.xml"]
    domain = re.search(r'"from-domain" value="(.*?)"', profile)[1]
    assert f'"proxy" value="ap.{domain}"' in run(*asked, "--srv").out
    assert '"proxy" value="sip-ap1.example.net:5060"' in run(*asked, "--no-srv").out
    assert ask(*asked) == ask(*asked, "--no-srv")


def test_srv_where_the_pbx_cannot_is_refused_and_makes_no_key(run, ask, acme):
    ran = run("pbx", "show", "shoretel", "--account", "acme", "--srv", "--new-key")
    assert ran.status == 1
    assert "is not known to go through SRV records" in ran.err
    assert len(ask("key", "list")) == 1


def test_a_configuration_has_the_accounts_own_key_and_numbers_and_no_secret(run, acme):
    shown = run("pbx", "show", "asterisk", "--account", "acme").out
    assert f"username = {acme['key']}" in shown
    assert "password = YOUR-SECRET" in shown
    assert "+447700900000: sip:" in shown
    assert "+447700900001: sip:" in shown
    assert "447700900009" not in shown


def test_a_new_key_has_its_secret_in_the_archive(ask, acme, tmp_path):
    output = tmp_path / "trunk.tar.gz"
    made = ask("pbx", "show", "asterisk", "--account", "acme", "--new-key", "--output", str(output))
    scopes = {key["key"]: key["scope"] for key in ask("key", "list")}
    keys = set(scopes)
    assert len(keys) == 2
    assert {scopes[key] for key in keys - {acme["key"]}} == {"calls"}
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert made["written"] == [str(output)]
    with tarfile.open(output) as packed:
        text = packed.extractfile("etc/asterisk/pjsip_trunk.conf").read().decode()
    assert "YOUR-SECRET" not in text
    assert any(f"username = {key}" in text for key in keys - {acme["key"]})


def test_no_key_is_left_of_a_configuration_that_cannot_be_written(run, ask, acme, tmp_path):
    (tmp_path / "file").touch()
    ran = run("pbx", "show", "asterisk", "--account", "acme", "--new-key", "--output", str(tmp_path / "file" / "x"))
    assert (ran.status, "cannot be written" in ran.err) == (1, True)
    assert len(ask("key", "list")) == 1


def test_a_secret_can_be_read_from_standard_input(run, acme):
    ran = run("pbx", "show", "asterisk", "--account", "acme", "--secret-file", "-", stdin=b"abc\xfcdef\n")
    assert (ran.status, "it is not UTF-8" in ran.err) == (1, True)
    shown = run("pbx", "show", "asterisk", "--account", "acme", "--secret-file", "-", stdin="abc;def\n").out
    assert "password = abc\\;def\n" in shown


def test_a_folder_gets_the_files(ask, acme, tmp_path):
    ask("pbx", "show", "asterisk", "--account", "acme", "--output", str(tmp_path / "out"))
    assert (tmp_path / "out/etc/asterisk/pjsip_trunk.conf").read_text().startswith("; The trunk")
    assert stat.S_IMODE((tmp_path / "out/etc/asterisk/pjsip_trunk.conf").stat().st_mode) == 0o640
    assert (tmp_path / "out/README-trunk.md").exists()


def test_a_number_may_be_chosen_as_caller_id(run, acme):
    shown = run("pbx", "show", "asterisk", "--account", "acme", "--number", "+447700900001", "--format", "markdown").out
    assert "from_user = 447700900001" in shown
    assert "447700900000" not in shown


@pytest.mark.parametrize(("words", "said"), [
    (["asterix", "--account", "acme"], "no PBX 'asterix'"),
    (["asterisk", "--account", "nobody"], "no account 'nobody'"),
    (["asterisk", "--account", "stranger"], "has no key: make one with"),
    (["asterisk", "--account", "acme", "--number", "+447700900009"], "account 'acme' has no such number"),
    (["asterisk", "--account", "acme", "--endpoint", "eu9.example"], "no endpoint 'eu9.example': the endpoints are"),
    (["asterisk", "--account", "acme", "--caller-name", "${x}"], "the text '${'"),
    (["asterisk", "--account", "acme", "--srtp"], "needs TLS"),
    (["asterisk", "--account", "acme", "--output", "/proc/nothing/here"], "cannot be written"),
])  # fmt: skip
def test_what_cannot_be_is_said(run, acme, words, said):
    ran = run("pbx", "show", *words)
    assert ran.status == 1
    assert said in ran.err


def test_a_configuration_that_cannot_be_made_leaves_no_key_behind(run, ask, acme):
    assert run("pbx", "show", "asterisk", "--account", "acme", "--new-key", "--srtp").status == 1
    assert len(ask("key", "list")) == 1


def test_an_account_without_a_number_is_told_how_to_get_one(run, ask, acme):
    ask("account", "add", "bare")
    ask("key", "add", "bare")
    said = run("pbx", "show", "asterisk", "--account", "bare").err
    assert "number assign NUMBER --account bare` gives it one" in said


def test_a_stranger_s_key_is_not_there(run, ask, acme):
    ran = run("pbx", "show", "asterisk", "--account", "stranger", "--key", acme["key"])
    assert "account 'stranger' has no such key" in ran.err


def test_of_several_keys_one_has_to_be_named(run, ask, acme):
    ask("key", "add", "acme")
    assert "several keys" in run("pbx", "show", "asterisk", "--account", "acme").err
    assert run("pbx", "show", "asterisk", "--account", "acme", "--key", acme["key"]).status == 0


def test_the_others_follow_by_their_distance_from_the_closest(ask, acme):
    places = {"london": ("51.5", "-0.1"), "dallas": ("32.8", "-96.8"), "paris": ("48.9", "2.4"), "nowhere": None}
    for n, (name, place) in enumerate(places.items(), 1):
        where = ["--latitude", place[0], "--longitude", place[1]] if place else []
        ask("endpoint", "add", name, f"{name}.example.net", "--address", f"192.0.2.{n}", *where)
    made = ask("pbx", "show", "asterisk", "--account", "acme", "--endpoint", "paris.example.net")
    text = made["files"]["etc/asterisk/pjsip_trunk.conf"]
    order = [text.index(f"contact = sip:{name}.example.net") for name in ("paris", "london", "dallas", "nowhere")]
    assert order == sorted(order)
    assert "match = 192.0.2.4" in text
