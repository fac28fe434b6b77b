"""FreeSWITCH's files: well formed for xmllint, and laid out as FreeSWITCH reads them."""

import dataclasses
import ipaddress
import re
import subprocess
from xml.etree import ElementTree

import pytest

from harness import asterisk
from pbx.trunks import VARIANTS, options, trunk
from trunkline.pbx import PbxError, registry
from trunkline.pbx.trunk import Options

ODD = "s;e\"c:r@e/t\\#<&>'$[x]%20"


def files_of(asked) -> dict[str, str]:
    made = registry.generate("freeswitch", *asked)
    return {file.path.removeprefix("etc/freeswitch/"): file.text for file in made.files if file.path.endswith(".xml")}


@pytest.fixture(params=VARIANTS)
def files(request) -> dict[str, str]:
    return files_of(VARIANTS[request.param])


def test_xmllint_takes_each(files):
    for path, text in files.items():
        command = ["chroot", str(asterisk.root()), "xmllint", "--noout", "--nonet", "-"]
        ran = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, ""), path


def test_each_lies_where_freeswitch_includes_it_with_the_root_that_belongs_there(files):
    roots = {path: ElementTree.fromstring(text) for path, text in files.items()}
    assert {path: root.tag for path, root in roots.items()} == {
        "sip_profiles/trunk.xml": "profile",  # sofia.conf.xml includes ../sip_profiles/*.xml into <profiles>
        "dialplan/trunk.xml": "include",  # freeswitch.xml includes dialplan/*.xml into its section
        "dialplan/default/90_trunk.xml": "include",  # default.xml includes default/*.xml into its context
    }
    assert [child.tag for child in roots["dialplan/trunk.xml"]] == ["context"]
    assert [child.tag for child in roots["dialplan/default/90_trunk.xml"]] == ["extension"]
    assert [child.tag for child in roots["sip_profiles/trunk.xml"]] == ["gateways", "settings"]


def test_gateways_have_names_that_it_takes_and_bridges_lead_to_them(files):
    """A name is of ^[\\w.\\-_]+$, a second one is ignored, and `ping` below 5 s is an error (sofia.c)."""
    profile = ElementTree.fromstring(files["sip_profiles/trunk.xml"])
    gateways = [gateway.get("name") for gateway in profile.iter("gateway")]
    assert len(gateways) == len(set(gateways))
    assert all(re.fullmatch(r"[\w.\-_]+", name, re.ASCII) for name in gateways)
    for gateway in profile.iter("gateway"):
        values = _params(gateway)
        assert int(values["ping"]) >= 5
        assert int(values["retry-seconds"]) >= 5
        assert values["username"]
        assert values["password"]
    outbound = files["dialplan/default/90_trunk.xml"]
    dialled = re.findall(r"sofia/gateway/(\S+?)/\$1", outbound)
    named = dict(re.findall(r'"set" data="(trunk_\w+)=(trunk\d)"', outbound))
    assert {named.get(name.strip("${}"), name) for name in dialled} | set(named.values()) == set(gateways)


def test_no_parameter_of_the_profile_is_there_twice_but_the_acl(files):
    settings = ElementTree.fromstring(files["sip_profiles/trunk.xml"]).find("settings")
    names = [param.get("name") for param in settings if param.get("name") != "apply-inbound-acl"]
    assert len(names) == len(set(names))


def test_the_profile_lets_only_the_trunk_in(files):
    profile = ElementTree.fromstring(files["sip_profiles/trunk.xml"])
    acls = [p.get("value") for p in profile.iter("param") if p.get("name") == "apply-inbound-acl"]
    listed = {str(ipaddress.ip_network(text)) for acl in acls for text in acl.split(",")}
    assert listed == {f"{address}/32" for address in trunk().sources}


def test_many_sources_are_split_into_lists_that_it_reads_whole():
    many = tuple(f"192.0.2.{n}" for n in range(70))
    text = files_of((trunk(sources=many), options()))["sip_profiles/trunk.xml"]
    acls = re.findall(r'"apply-inbound-acl" value="(.*?)"', text)
    assert [len(acl.split(",")) for acl in acls] == [32, 32, 6]


def test_an_odd_secret_and_name_are_read_back():
    text = files_of((trunk(secret=ODD, caller_name='O\'Brien; "Sons" <&>'), options()))
    values = _params(ElementTree.fromstring(text["sip_profiles/trunk.xml"]).find("gateways/gateway"))
    assert values["password"] == ODD
    data = [
        action.get("data") for action in ElementTree.fromstring(text["dialplan/default/90_trunk.xml"]).iter("action")
    ]
    assert 'effective_caller_id_name=O\'Brien; "Sons" <&>' in data


def test_a_name_with_two_hyphens_breaks_no_comment():
    host = dataclasses.replace(trunk().endpoints[0], host="sip.xn--bcher-kva.example")
    for text in files_of((trunk(endpoints=(host,), domain="xn--bcher-kva.example"), options())).values():
        ElementTree.fromstring(text)


def test_a_variable_in_a_name_is_refused():
    with pytest.raises(PbxError, match="replaces by a variable"):
        files_of((trunk(caller_name="${system(id)}"), options()))


def test_the_number_rule_takes_e164_in_its_three_spellings_and_no_extension():
    text = files_of((trunk(), options()))["dialplan/default/90_trunk.xml"]
    rule = re.compile(re.search(r'"destination_number" expression="(.*?)"', text)[1])
    for dialled in ("+447700900000", "00447700900000", "447700900000"):
        assert rule.search(dialled)[1] == "447700900000"
    for dialled in ("1000", "07700900000", "*97", "+0447700900"):
        assert not rule.search(dialled)


def test_ipv6():
    six = dataclasses.replace(trunk().endpoints[0], addresses=("2001:db8::1",))
    text = files_of((trunk(endpoints=(six,), sources=("2001:db8::1",)), Options(address="2001:db8::5")))
    assert '"sip-ip" value="$${local_ip_v6}"' in text["sip_profiles/trunk.xml"]
    assert '"apply-inbound-acl" value="2001:db8::1/128"' in text["sip_profiles/trunk.xml"]


def _params(element) -> dict[str, str]:
    return {param.get("name"): param.get("value") for param in element.iter("param")}
