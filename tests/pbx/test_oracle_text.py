"""The E-SBC's text, entered as its ACLI takes it: each element is opened, described, kept and left."""

import pytest

from pbx.trunks import PORTS, VARIANTS, options, trunk
from trunkline.pbx import PbxError, registry
from trunkline.pbx.trunk import Endpoint

PARENTS = {
    "system": "configure terminal", "security": "configure terminal", "media-manager": "configure terminal",
    "session-router": "configure terminal", "phy-interface": "system", "network-interface": "system",
    "certificate-record": "security", "tls-profile": "security", "media-security": "security",
    "sdes-profile": "media-security", "media-sec-policy": "media-security", "inbound": "media-sec-policy",
    "outbound": "media-sec-policy", "realm-config": "media-manager", "steering-pool": "media-manager",
    "sip-config": "session-router", "sip-interface": "session-router", "sip-ports": "sip-interface",
    "session-agent": "session-router", "auth-attribute": "session-agent", "session-group": "session-router",
    "surrogate-agent": "session-router", "translation-rules": "session-router", "session-translation": "session-router",
    "local-policy": "session-router", "policy-attribute": "local-policy",
}  # fmt: skip
SINGLE = {"sip-config"}  # of which there is one, that is selected instead of made
BRANCHES = {"configure terminal", "system", "security", "session-router", "media-security"}  # hold nothing themselves


def text_of(name: str, *asked) -> str:
    made = registry.generate("skypeforbusiness", *asked)
    return next(part.text for part in made.parts if getattr(part, "name", "") == name)


def enter(text: str) -> list[tuple[str, dict[str, list[str]]]]:
    """Every element with its attributes, as the ACLI would keep them."""
    stack, kept = [], []
    lines = iter(text.splitlines())
    for line in lines:
        word, _, value = line.strip().partition(" ")
        name = line.strip()
        if name == "configure terminal":
            stack.append((name, {}))
        elif word == "exit":
            element, attributes = stack.pop()
            assert not attributes or attributes.pop("done", False), f"{element} is left without done"
        elif word == "done":
            element, attributes = stack[-1]
            kept.append((element, dict(attributes)))
            attributes["done"] = True
        elif not value and name in PARENTS:
            assert PARENTS[name] == stack[-1][0], line
            stack.append((name, {}))
        elif name == "select":
            assert stack[-1] in [(element, {}) for element in SINGLE], line
        elif stack:
            assert stack[-1][0] not in BRANCHES, line
            assert value, line
            stack[-1][1].setdefault(word, []).append(value)
        else:
            assert name in ("verify-config", "save-config", "activate-config"), line
    assert not stack
    return kept


def all_of(kept, element: str, attribute: str) -> list[str]:
    return [value for name, attributes in kept if name == element for value in attributes.get(attribute, [])]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_an_element_names_is_there(variant):
    kept = enter(text_of("oracle.txt", *VARIANTS[variant]))
    realms = set(all_of(kept, "realm-config", "identifier"))
    assert realms == {"SFB", "TRUNK"}
    assert {
        v for name in ("session-agent", "sip-interface", "steering-pool") for v in all_of(kept, name, "realm-id")
    } == realms
    # The E-SBC's own, which needs no definition.
    assert set(all_of(kept, "session-agent", "out-manipulationid")) == {"ACME_NAT_TO_FROM_IP"}
    assert set(all_of(kept, "session-agent", "out-translationid")) == set(all_of(kept, "session-translation", "id"))
    assert set(all_of(kept, "session-translation", "rules-called")) == set(all_of(kept, "translation-rules", "id"))
    agents = set(all_of(kept, "session-agent", "hostname"))
    groups = {value for text in all_of(kept, "session-group", "dest") for value in text.strip("()").split()}
    assert groups <= agents
    hops = {hop.removeprefix("sag:") for hop in all_of(kept, "policy-attribute", "next-hop") if hop.startswith("sag:")}
    assert hops == set(all_of(kept, "session-group", "group-name"))
    profiles = set(all_of(kept, "tls-profile", "name"))
    assert set(all_of(kept, "sip-ports", "tls-profile")) == profiles
    assert set(all_of(kept, "realm-config", "media-sec-policy")) == set(all_of(kept, "media-sec-policy", "name"))


def test_calls_are_taken_from_agents_only_and_each_source_is_one():
    kept = enter(text_of("oracle.txt", trunk(), options()))
    assert set(all_of(kept, "sip-ports", "allow-anonymous")) == {"agents-only"}
    assert set(trunk().sources) <= set(all_of(kept, "session-agent", "hostname"))


def test_the_trunks_port_is_its_own_and_not_that_of_the_e_sbc():
    kept = enter(text_of("oracle.txt", trunk(), options(port=5080)))
    assert all_of(kept, "sip-ports", "port") == ["5060", "5080"]
    assert set(all_of(kept, "session-agent", "port")) == {"5060"}


def test_a_realm_says_its_version_of_ip_where_that_is_not_4():
    six = trunk(endpoints=(Endpoint("sip6.example.net", ("2001:db8::1",), PORTS),), sources=("2001:db8::1",))
    kept = enter(text_of("oracle.txt", six, options(address="2001:db8:5::9")))
    assert all_of(kept, "realm-config", "network-interfaces") == ["inside:0", "outside:0.6"]
    assert "2001:db8::1" in all_of(kept, "session-agent", "hostname")


def test_options_that_the_e_sbc_has_stay():
    """Without '+' before it, an option replaces all that there are."""
    kept = enter(text_of("oracle.txt", trunk(), options()))
    for element in ("sip-config", "sip-interface", "session-agent"):
        assert all(option.startswith("+") for option in all_of(kept, element, "options"))


def test_the_closest_two_share_the_calls_and_the_rest_follow():
    kept = enter(text_of("oracle.txt", trunk(), options()))
    assert all_of(kept, "session-group", "dest") == [
        "(sip-eu1.example.net sip-eu2.example.net)",
        "(sip-us1.example.net)",
    ]
    assert all_of(kept, "session-group", "strategy") == ["RoundRobin", "Hunt"]
    assert all_of(kept, "policy-attribute", "cost") == ["0", "10"]


def test_a_busy_or_refused_call_is_tried_nowhere_else():
    """Neither by the next agent of its group, nor by the next route of the policy."""
    kept = enter(text_of("oracle.txt", trunk(), options()))
    assert all_of(kept, "sip-interface", "stop-recurse") == ["400-499"]
    assert set(all_of(kept, "session-group", "stop-sag-recurse")) == {"400-499,600-699"}


def test_credentials_are_the_surrogates_or_the_agents_but_not_both():
    kept = enter(text_of("oracle.txt", trunk(), options()))
    assert all_of(kept, "surrogate-agent", "password") == [trunk().secret]
    assert not all_of(kept, "auth-attribute", "password")
    kept = enter(text_of("oracle.txt", trunk(), options(register=False)))
    assert not all_of(kept, "surrogate-agent", "password")
    assert all_of(kept, "auth-attribute", "auth-realm") == [trunk().domain]


def test_no_rule_rewrites_a_hold():
    text = text_of("oracle.txt", trunk(), options())
    assert "sendrecv" not in text
    assert "refresher" not in text


@pytest.mark.parametrize("secret", ['a"b', "a?b", "!a", "a\\b", "aéb"])
def test_what_acli_cannot_hold_is_refused(secret):
    with pytest.raises(PbxError, match="the secret has"):
        registry.generate("skypeforbusiness", trunk(secret=secret), options())
