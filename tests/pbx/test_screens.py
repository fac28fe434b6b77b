"""What the systems with screens alone must have in them: the customer's own, and what guides get wrong put right."""

import dataclasses
import re

import pytest

from pbx.trunks import PORTS, VARIANTS, fits, options, trunk
from trunkline.pbx import registry, sheet
from trunkline.pbx.configuration import Screen
from trunkline.pbx.trunk import Endpoint

TO_REPLACE = re.compile(r"\b[A-Z]{2,}(?:-[A-Z]+)*-(?:ADDRESS|SECRET|NAME|NETMASK|GATEWAY|INTERFACE|SERVER)\b")


def screens(name: str, **changes) -> list[Screen]:
    made = registry.generate(name, trunk(**changes.pop("trunk", {})), options(**changes))
    return [part for part in made.parts if isinstance(part, Screen)]


def fields(name: str, **changes) -> list[tuple[str, str]]:
    return [(field.name, field.value) for screen in screens(name, **changes) for field in screen.fields]


def value(name: str, field: str, **changes) -> str:
    found = [text for label, text in fields(name, **changes) if label.startswith(field)]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(("address", "warned"), [("203.0.113.9", False), ("2001:db8:5::9", True)])
def test_freepbx_at_an_ipv6_address_is_told_that_its_transport_for_all_has_none(address, warned):
    host = Endpoint("sip-eu1.example.net", ("192.0.2.1", "2001:db8::1"), PORTS)
    made = registry.generate("freepbx", trunk(endpoints=(host,)), options(address=address))
    assert any("0.0.0.0 has only IPv4" in warning for warning in made.warnings) == warned


def test_mitel_supports_100rel_and_requires_it_of_nobody():
    assert value("mitel-mivoice", "Require Reliable Provisional Responses") == "No"
    assert ("Session Timer", "1800") in fields("mitel-mivoice")


def test_mitel_has_a_trunk_for_each_endpoint_and_for_each_source():
    remote = [text for label, text in fields("mitel-mivoice") if label == "Remote trunk endpoint address"]
    assert remote == [endpoint.host for endpoint in trunk().endpoints] + list(trunk().sources)
    assert value("mitel-mivoice", "Authentication User Name") == trunk().key
    assert [t for n, t in fields("mitel-mivoice") if n == "Accept traffic from any port"] == ["off"] * 3


def test_shoretel_dials_e164():
    assert value("shoretel", "Dial in E.164 Format") == "on"
    assert value("shoretel", "Dial 7 digits") == "off"
    assert value("shoretel", "From domain") == "Provider domain"
    assert value("shoretel", "Number of Digits from CO") == "12"
    inside = next(screen for screen in screens("shoretel") if "Networks and Computers" in screen.path)
    assert set(trunk().sources) <= {field.value for field in inside.fields}


def test_nec_writes_no_country_code_by_itself_and_has_a_caller_id():
    assert value("nec-sv9100", "84-14-13") == "Off"
    assert value("nec-sv9100", "10-02-01") == ""
    assert value("nec-sv9100", "21-17") == trunk().caller_id
    assert value("nec-sv9100", "Minimum Session Timer") == "90"
    assert value("nec-sv9100", "10-29-03") == "192.0.2.1"
    assert value("nec-sv9100", "10-29-03", srv=True) == "eu.sip.example.net"


@pytest.mark.parametrize(("numbers", "received"), [
    (("12145550100", "12145550101"), ["0100", "0101"]),
    (("447700900000", "33170900000"), ["00900000", "70900000"]),
    (("12145550100", "14145550100"), ["45550100"] * 2),
])  # fmt: skip
def test_nec_tells_numbers_by_their_last_digits_as_far_as_its_table_has_place(numbers, received):
    made = registry.generate("nec-sv9100", trunk(numbers=numbers, caller_id=numbers[0]), options())
    shown = [field for part in made.parts if isinstance(part, Screen) for field in part.fields]
    assert [field.value for field in shown if field.name.startswith("22-11-01")] == received
    assert [field.value for field in shown if field.name.startswith("22-09-01")] == [str(len(received[0]))]
    assert any("ring the same extension" in warning for warning in made.warnings) == (len(set(received)) == 1)


def test_nec_takes_the_number_from_where_it_is():
    assert value("nec-sv9100", "Called Party Info") == "Request URI"
    assert value("nec-sv9100", "Called Party Info", address="") == "To Header"


def test_nec_registers_or_not():
    assert value("nec-sv9100", "Registrar Mode") == "Manual"
    assert value("nec-sv9100", "Registrar Mode", register=False) == "None"


def test_avaya_takes_calls_from_every_source_and_maps_them_to_extensions():
    servers = [text for label, text in fields("avaya-sbce") if label == "IP Address / FQDN"]
    assert servers == [endpoint.host for endpoint in trunk().endpoints] + list(trunk().sources)
    inbound = next(screen for screen in screens("avaya-sbce") if "inc-call-handling-trmt" in screen.path)
    assert [field.value for field in inbound.fields] == list(trunk().numbers)
    assert value("avaya-sbce", "Realm") == trunk().domain
    assert value("avaya-sbce", "Audio Encryption") == "RTP"
    encrypted = value("avaya-sbce", "Audio Encryption", transport="tls", srtp=True)
    assert encrypted == "SRTP_AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("name", ["avaya-sbce", "mitel-mivoice", "shoretel", "nec-sv9100", "cucm-cube"])
def test_the_secret_is_in_a_field_of_its_own_and_in_no_note(name):
    secret = trunk().secret
    shown = [field for screen in screens(name) for field in screen.fields if field.value == secret]
    assert shown or name == "cucm-cube"  # there it is in CUBE's text
    for screen in screens(name):
        assert secret not in screen.note + screen.path + "".join(field.note + field.name for field in screen.fields)


@pytest.mark.parametrize("name", registry.systems_by_name())
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_word_to_replace_is_explained_and_is_there(name, variant):
    asked, system = VARIANTS[variant], registry.get(name)
    if not fits(system, asked[1]):
        pytest.skip(f"{system.title} has no such trunk")
    made = registry.generate(name, *asked)
    names = [word for word, _ in made.placeholders]
    assert len(names) == len(set(names))
    text = sheet.text(dataclasses.replace(made, placeholders=(), steps=()))
    assert set(names) == set(TO_REPLACE.findall(text))
