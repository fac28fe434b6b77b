"""What holds for every PBX, and what is refused."""

import io
import re
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pbx.trunks import CA, PORTS, VARIANTS, fits, options, trunk
from trunkline.pbx import PbxError, archive, registry, sheet
from trunkline.pbx.configuration import Screen
from trunkline.pbx.trunk import ADDRESS_PLACEHOLDER, SECRET_PLACEHOLDER, Endpoint, MediaRange, Options, Trunk

DOCS = Path(__file__).parents[2] / "docs" / "pbx"
SYSTEMS = list(registry.systems_by_name())
REGISTER_BY_NAME = ("asterisk", "freepbx")
WORDS = {"404": ("not an E.164 number", "no carrier serves"), "in time": ("no response in time",)}  # of the record
every_pbx = pytest.mark.parametrize("name", SYSTEMS)


def whole(name: str, trunk: Trunk, options: Options) -> str:
    """All text of a configuration."""
    return sheet.text(registry.generate(name, trunk, options))


@every_pbx
def test_the_configuration_has_all_that_the_trunk_is(name):
    text = whole(name, trunk(), options())
    for part in (trunk().domain, trunk().key, trunk().secret, *trunk().numbers, *trunk().sources):
        assert part in text, part
    for endpoint in trunk().endpoints:
        assert endpoint.host in text or endpoint.addresses[0] in text


@every_pbx
def test_a_secret_that_is_not_known_is_a_placeholder_that_is_explained(name):
    made = registry.generate(name, trunk(secret=""), options())
    assert SECRET_PLACEHOLDER in sheet.text(made)
    assert dict(made.placeholders)[SECRET_PLACEHOLDER].startswith("the secret of key a1b2c3d4")


@every_pbx
def test_it_has_a_page_with_its_row_in_the_list(name):
    assert (DOCS / f"{name}.md").exists()
    assert f"({name}.md)" in (DOCS / "README.md").read_text()
    assert f"(docs/pbx/{name}.md)" in (DOCS.parents[1] / "README.md").read_text()


@every_pbx
def test_its_page_says_what_to_see_and_what_the_call_record_says_of_faults(name):
    page = (DOCS / f"{name}.md").read_text()
    assert f"trunkline pbx show {name} --account" in page
    for section in ("## What you should see", "## The usual faults, in the call record"):
        assert page.count(section) == 1, section
    faults = page.partition("## The usual faults, in the call record")[2].partition("\n## ")[0]
    said = re.findall(r"(?m)^\| ([^|]+) \|[^|]+\|$", faults)[1:]  # without its head
    assert len(said) >= 4
    for words in said:
        for code, texts in WORDS.items():
            assert code not in words or "from the PBX" in words or any(text in words for text in texts), words


@every_pbx
def test_the_archive_can_be_unpacked_over_the_machine(name):
    made = registry.generate(name, trunk(), options())
    with tarfile.open(fileobj=io.BytesIO(archive.tar(made))) as packed:
        members = packed.getmembers()
    assert archive.READ_ME in [member.name for member in members]
    assert all(not member.name.startswith("/") and ".." not in member.name for member in members)
    assert {member.mode & 0o007 for member in members} <= {0, 4}
    assert archive.tar(made) == archive.tar(made)


@every_pbx
def test_the_html_is_whole_and_runs_nothing(name):
    markup = sheet.html(registry.generate(name, trunk(caller_name="A <b>"), options()))
    open_tags = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, attributes):
            assert tag not in ("script", "style", "b")
            assert not any(key.startswith("on") or key == "style" for key, _ in attributes)
            open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Check().feed(markup)
    assert open_tags == []


@every_pbx
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_comes_out_twice(name, variant):
    asked = VARIANTS[variant]
    system = registry.get(name)
    if fits(system, asked[1]):
        assert registry.generate(name, *asked) == registry.generate(name, *asked)


@every_pbx
@pytest.mark.parametrize(
    "secret", ["a:b", "a@b", "a/b", "a;b", 'a"b', "a\\b", "#a", "a?b", "q w", "a'b", "!a", "~a", "a&<b"]
)
def test_an_odd_secret_is_held_or_refused_but_never_in_an_error(name, secret):
    try:
        said = whole(name, trunk(secret=secret), options())
    except PbxError as error:
        said = str(error)
    refused = said.startswith("the secret has")
    assert (secret in said or secret.replace(";", "\\;") in said or "&" in said) != refused


@every_pbx
@pytest.mark.parametrize(
    "shown", ["O'Brien; Sons", 'The "Best"', "A <b>", "${x}", "a,b|c", "50 % & more", "Ünal", "a\\b"]
)
def test_an_odd_name_of_the_caller_is_held_or_refused_in_words(name, shown):
    plain, refused = registry.generate(name, trunk(caller_name="Sons"), options()), ""
    try:
        made = registry.generate(name, trunk(caller_name=shown), options())
    except PbxError as error:
        made, refused = plain, str(error)
    assert not refused or (repr(shown)[1:-1] in refused and refused.endswith("cannot hold: write it without"))
    texts = [[part.text.count("\n") for part in one.parts if not isinstance(part, Screen)] for one in (made, plain)]
    assert texts[0] == texts[1]


def test_a_pbx_that_is_not_here_is_refused_with_those_that_are():
    with pytest.raises(PbxError, match="no PBX 'asterix' here: the names are .*asterisk"):
        registry.generate("asterix", trunk(), options())


@pytest.mark.parametrize(("changed", "asked", "words"), [
    ({}, {"transport": "sctp"}, "no transport 'sctp'"),
    ({}, {"transport": "tcp", "srtp": True}, "it needs TLS"),
    ({"srtp": "required"}, {}, "the account requires SRTP"),
    ({}, {"address": "192.168.1.5"}, "private address, which the trunk cannot call"),
    ({}, {"address": "192.168.1.5", "public_address": "10.0.0.1"}, "private address"),
    ({}, {"address": "2001:db8::5"}, "the PBX is at an IPv6 address, 2001:db8::5, and the trunk has none of that kind"),
    ({}, {"address": "pbx example"}, "neither an IP address nor a host name"),
    ({}, {"address": "sip:x@y"}, "neither an IP address nor a host name"),
    ({}, {"address": "pbx.example;x=y"}, "has more than an address in it"),
    ({}, {"address": "0.0.0.0"}, "not an address that a PBX can have"),
    ({}, {"extension": "1000,20)"}, "is not an extension"),
    ({}, {"port": 70000}, "not a port"),
    ({"numbers": ()}, {}, "no number"),
    ({"endpoints": ()}, {}, "no endpoint"),
    ({"endpoints": (Endpoint("x.example", (), {"udp": 5060}),)}, {"transport": "tls"}, "x.example does not take tls"),
    ({"caller_name": "a\nexten => x"}, {}, "line break"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_words(changed, asked, words):
    with pytest.raises(PbxError, match=words):
        registry.generate("asterisk", trunk(**changed), options(**asked))


def test_a_private_address_is_fine_on_the_same_network_or_with_a_public_one():
    near = trunk(endpoints=(Endpoint("10.0.0.1", ("10.0.0.1",), PORTS),))
    registry.generate("asterisk", near, options(address="10.0.0.9"))
    made = registry.generate("asterisk", trunk(), options(address="10.0.0.9", public_address="203.0.113.9"))
    assert made.forward[0] == ("447700900000", "sip:447700900000@203.0.113.9:5060")


@pytest.mark.parametrize(("name", "transport", "advice"), [
    ("asterisk", "udp", "listen; choose tls where you can."), ("nec-sv9100", "udp", "listen."),
    ("asterisk", "tls", "audio is not; choose SRTP too."), ("mitel-mivoice", "tls", "audio is not."),
])  # fmt: skip
def test_nobody_is_told_to_choose_what_the_pbx_has_not(name, transport, advice):
    assert registry.generate(name, trunk(), options(transport=transport)).warnings[0].endswith(advice)


def test_an_ipv6_address_is_written_in_brackets():
    six = trunk(endpoints=(Endpoint("sip6.example.net", ("2001:db8::1",), PORTS),))
    made = registry.generate("asterisk", six, options(address="2001:db8::5", transport="tls", srtp=True))
    assert made.forward[0][1] == "sip:447700900000@[2001:db8::5]:5061;transport=tls;media=srtp"


@every_pbx
@pytest.mark.parametrize(("address", "there", "not_there"), [
    ("203.0.113.9", "192.0.2.", "2001:db8::"), ("2001:db8:5::9", "2001:db8::", "192.0.2."),
    ("pbx.example", "192.0.2.", None), ("", "2001:db8::", None),
])  # fmt: skip
def test_a_pbx_at_an_address_is_told_only_of_those_of_its_kind(name, address, there, not_there):
    host = Endpoint("sip-eu1.example.net", ("192.0.2.1", "2001:db8::1"), PORTS)
    media = tuple(MediaRange(network, 30000, 39999) for network in ("192.0.2.0/28", "2001:db8::/64"))
    both = trunk(endpoints=(host,), sources=("192.0.2.1", "2001:db8::1", "192.0.2.8"), media=media)
    text = whole(name, both, options(address=address))
    assert there in text
    assert not_there is None or not_there not in text


def test_where_the_trunk_calls_from_nothing_of_that_kind_all_stay():
    six = Endpoint("sip-eu1.example.net", ("2001:db8::1",), PORTS)
    text = whole("asterisk", trunk(endpoints=(six,), sources=("192.0.2.1",)), options(address="2001:db8:5::9"))
    assert "match = 192.0.2.1" in text


@every_pbx
@pytest.mark.parametrize("ca", [CA, ""])
def test_whoever_speaks_tls_gets_the_trunks_own_authority(name, ca):
    if "tls" not in registry.get(name).transports:
        pytest.skip("it has no TLS")
    made = registry.generate(name, trunk(ca=ca), options(transport="tls"))
    assert sum(CA in file.text for file in archive.files(made)[:-1]) == bool(ca)


def test_a_pbx_without_an_address_is_called_where_it_registered():
    assert registry.generate("asterisk", trunk(), Options()).forward[0][1] == "sip:a1b2c3d4@sip.example.net"
    made = registry.generate("asterisk", trunk(), Options(register=False))
    assert ADDRESS_PLACEHOLDER in made.forward[0][1]
    assert ADDRESS_PLACEHOLDER in dict(made.placeholders)


@pytest.mark.parametrize(("name", "called"), [
    ("freepbx", "sip:a1b2c3d4@sip.example.net"), ("nec-sv9100", "sip:a1b2c3d4@sip.example.net"),
    ("cucm-cube", "sip:447700900001@YOUR-PBX-ADDRESS:5060"), ("shoretel", "sip:447700900001@YOUR-PBX-ADDRESS:5060"),
    ("skypeforbusiness", "sip:447700900001@YOUR-PBX-ADDRESS:5060"),
])  # fmt: skip
def test_who_looks_for_the_number_in_the_request_uri_alone_needs_an_address(name, called):
    made = registry.generate(name, trunk(), Options())
    assert made.forward[1] == ("447700900001", called)
    assert (ADDRESS_PLACEHOLDER in dict(made.placeholders)) == (ADDRESS_PLACEHOLDER in called)


@pytest.mark.parametrize(("name", "advised"), [("asterisk", True), ("cucm-cube", False), ("shoretel", False)])
def test_who_cannot_be_called_where_it_registered_is_not_told_to_leave_its_address_out(name, advised):
    with pytest.raises(PbxError, match="private address") as refused:
        registry.generate(name, trunk(), options(address="192.168.1.5"))
    assert ("let the PBX register" in str(refused.value)) == advised


@pytest.mark.parametrize("name", [system.name for system in registry.systems_by_name().values() if system.srv])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_srv_is_one_name_for_all_endpoints_where_the_system_goes_through_its_targets(name, transport):
    system = registry.get(name)
    asked = options(transport=transport, srv=True, register=name not in REGISTER_BY_NAME)
    if not fits(system, asked):
        with pytest.raises(PbxError, match=r"does not go through SRV records over|cannot use"):
            registry.generate(name, trunk(), asked)
        return
    text = sheet.text(registry.generate(name, trunk(), asked))
    assert not [endpoint.host for endpoint in trunk().endpoints if endpoint.host in text]
    lookup = "sip.example.net" if transport == "tls" else "eu.sip.example.net"
    service = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}[transport]
    assert f"The PBX needs the SRV records of {service}.{lookup}" in text
    assert all(source in text for source in trunk().sources)
    assert f"{lookup}:50" not in text


@pytest.mark.parametrize("name", REGISTER_BY_NAME)
def test_who_may_hang_on_a_dead_target_registers_at_the_two_closest_and_calls_by_srv(name):
    text = sheet.text(registry.generate(name, trunk(), options(transport="tcp", srv=True)))
    near, backups = trunk().endpoints[:2], trunk().endpoints[2:]
    assert all(f"sip:{endpoint.at('tcp')}\\;transport=tcp" in text for endpoint in near)
    assert not [endpoint.host for endpoint in backups if endpoint.host in text]
    assert text.count("eu.sip.example.net\\;transport=tcp") == 1  # the contact to call


@pytest.mark.parametrize(
    ("name", "transport"), [("avaya-sbce", "tls"), ("mitel-mivoice", "udp"), ("nec-sv9100", "udp")]
)
def test_who_cannot_share_calls_between_two_gets_srv_where_the_service_keeps_the_records(name, transport):
    kept = registry.generate(name, trunk(srv_kept=True), options(transport=transport))
    assert kept == registry.generate(name, trunk(srv_kept=True), options(transport=transport, srv=True))
    assert "The PBX needs the SRV records" not in sheet.text(kept)
    listed = registry.generate(name, trunk(), options(transport=transport, srv=False))
    assert listed != kept
    assert registry.generate(name, trunk(), options(transport=transport)) == listed
    assert registry.generate(name, trunk(srv="", srv_kept=True), options(transport=transport)) == listed
    assert registry.generate(name, trunk(srv_kept=True), options(transport=transport, srv=False)) == listed


@pytest.mark.parametrize("name", ["asterisk", "freepbx", "freeswitch", "cucm-cube", "skypeforbusiness", "shoretel"])
def test_who_goes_through_the_list_better_keeps_it_unless_asked(name):
    listed = registry.generate(name, trunk(), options(transport="tcp", srv=False))
    assert registry.generate(name, trunk(srv_kept=True), options(transport="tcp")) == listed


@pytest.mark.parametrize(("name", "changed", "asked", "words"), [
    ("shoretel", {}, {}, "ShoreTel .* is not known to go through SRV records: leave SRV out"),
    ("asterisk", {}, {}, "Asterisk does not go through SRV records over udp: write tcp, or leave SRV out"),
    ("mitel-mivoice", {}, {"transport": "tls"}, "over tls: write udp or tcp"),
    ("freeswitch", {"srv": ""}, {}, "no name with SRV records"),
])  # fmt: skip
def test_srv_where_it_cannot_be_is_refused_in_words(name, changed, asked, words):
    with pytest.raises(PbxError, match=words):
        registry.generate(name, trunk(**changed), options(srv=True, **asked))
