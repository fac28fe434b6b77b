"""CUBE's text, read as IOS reads it: every line is a command at its place, and what it names is there."""

import dataclasses
import re

import pytest
from hier_config import Platform, get_hconfig

from pbx.trunks import CA, VARIANTS, options, trunk
from trunkline.pbx import PbxError, registry
from trunkline.pbx.configuration import Commands

TOP = re.compile(
    r"voice service voip|voice class (codec|sip-options-keepalive|e164-pattern-map|srtp-crypto|tenant) \d+"
    r"|voice class uri \d+ sip|voice translation-rule \d+|voice translation-profile \S+|dial-peer voice \d+ voip|sip-ua"
)


def cube(trunk, options) -> str:
    made = registry.generate("cucm-cube", trunk, options)
    return next(part.text for part in made.parts if isinstance(part, Commands) and part.name == "cube.txt")


def read(text: str) -> dict[str, list[str]]:
    """The lines below each section, as the parser nests them."""
    config = get_hconfig(Platform.CISCO_IOS, text)
    sections = {section.text: [line.text for line in section.all_children()] for section in config.children}
    assert len(sections) == len(re.findall(r"(?m)^[a-z]", text)), "a section stands there twice"
    return sections


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_section_is_one_of_ios_and_has_lines(variant):
    for section, lines in read(cube(*VARIANTS[variant])).items():
        assert TOP.fullmatch(section), section
        assert lines, section


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_a_dial_peer_names_is_there(variant):
    sections = read(cube(*VARIANTS[variant]))
    named = {
        r"incoming uri via (\d+)": "voice class uri {} sip",
        r"voice-class codec (\d+)": "voice class codec {}",
        r"voice-class sip tenant (\d+)": "voice class tenant {}",
        r"voice-class sip options-keepalive profile (\d+)": "voice class sip-options-keepalive {}",
        r"translation-profile outgoing (\S+)": "voice translation-profile {}",
        r"destination e164-pattern-map (\d+)": "voice class e164-pattern-map {}",
        r"srtp-crypto (\d+)": "voice class srtp-crypto {}",
        r"translate called (\d+)": "voice translation-rule {}",
    }
    used = set()
    for lines in sections.values():
        for line in lines:
            for pattern, section in named.items():
                if match := re.fullmatch(pattern, line):
                    used.add(section.format(match[1]))
    assert used <= sections.keys()
    assert {name for name in sections if "voice class" in name or "translation" in name} == used


def test_the_closest_two_share_the_calls_and_the_rest_follow_in_order():
    sections = read(cube(trunk(), options()))
    targets = {
        name: next(line for line in lines if line.startswith("preference"))
        for name, lines in sections.items()
        if "destination-pattern .T" in lines
    }
    assert list(targets.values()) == ["preference 1", "preference 1", "preference 2"]


def test_the_faults_of_the_older_guide_are_not_there():
    sections = read(cube(trunk(), options()))
    tenant = sections["voice class tenant 100"]
    assert "registrar dns:sip.example.net expires 3600" in tenant  # credentials alone register nothing
    assert any(line.startswith("bind control source-interface") for line in tenant)
    assert not [line for lines in sections.values() for line in lines if line.startswith("incoming called-number")]


def test_more_sources_than_a_class_can_name_are_shared_out():
    many = tuple(f"192.0.2.{n}" for n in range(1, 24))
    sections = read(cube(trunk(sources=many), options()))
    classes = [lines for name, lines in sections.items() if re.fullmatch(r"voice class uri 10\d sip", name)]
    assert [len(lines) for lines in classes] == [10, 10, 3]
    assert [line for lines in classes for line in lines] == [f"host ipv4:{source}" for source in many]


def test_tls_and_srtp_are_in_all_their_places():
    sections = read(cube(trunk(ca=CA), options(transport="tls", srtp=True)))
    assert "session transport tcp tls" in sections["voice class tenant 100"]
    assert "session target dns:sip-eu1.example.net:5061" in sections["dial-peer voice 210 voip"]
    for peer in (100, 210, 211, 212):
        assert "srtp" in sections[f"dial-peer voice {peer} voip"]
    assert "srtp" not in sections["dial-peer voice 150 voip"]
    assert "crypto signaling default trustpoint CUBE" in sections["sip-ua"]


def test_at_an_ipv6_address_cube_speaks_ipv6_and_toward_cucm_what_it_did():
    """By default its SIP is IPv4's alone."""
    six = dataclasses.replace(trunk().endpoints[0], addresses=("2001:db8::1",))
    asked = trunk(endpoints=(six,), sources=("2001:db8::1",)), options(address="2001:db8:5::9")
    sections = read(cube(*asked))
    assert "protocol mode dual-stack preference ipv6" in sections["sip-ua"]
    assert sections["voice class uri 100 sip"] == ["host ipv6:[2001:db8::1]"]
    assert "session target ipv4:CUCM-ADDRESS" in sections["dial-peer voice 150 voip"]
    assert not any("protocol mode" in line for line in read(cube(trunk(), options()))["sip-ua"])


@pytest.mark.parametrize("ca", [CA, ""])
def test_cube_has_a_certificate_for_the_calls_that_come_over_tls(ca):
    made = registry.generate("cucm-cube", trunk(ca=ca), options(transport="tls"))
    text = next(part.text for part in made.parts if isinstance(part, Commands) and part.name == "cube-trustpoint.txt")
    own = text.partition("crypto pki trustpoint CUBE\n")[2].partition("!")[0].split("\n ")
    assert {" enrollment selfsigned", "subject-name cn=203.0.113.9"} <= set(own)
    assert "\ncrypto pki enroll CUBE\nyes\n" in text
    assert (f"crypto pki authenticate TRUNK\n{ca}quit\nyes\n" in text) == bool(ca)
    assert ("trustpool" in " ".join(made.steps)) != bool(ca)


@pytest.mark.parametrize(("changed", "words"), [
    ({"secret": "with blank"}, "the secret has a blank"),
    ({"secret": "with?"}, "the secret has the text '\\?'"),
    ({"secret": "!first"}, "the secret has '!'"),
    ({"key": "a b"}, "'a b' has a blank"),
    ({"ca": "-----BEGIN CERTIFICATE-----\nquit\n!no ip address\n"}, "not PEM"),
])  # fmt: skip
def test_what_ios_cannot_hold_is_refused(changed, words):
    with pytest.raises(PbxError, match=words):
        registry.generate("cucm-cube", dataclasses.replace(trunk(), **changed), options(transport="tls"))
