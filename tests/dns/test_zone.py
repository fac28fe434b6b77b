"""The records of endpoints, and the plans that lead to them."""

from dataclasses import replace

import dns.name
import dns.rdataset
import pytest
from dns.rdatatype import RdataType

from trunkline.contract.endpoints import Endpoint
from trunkline.dns import plan as plans
from trunkline.dns import zone

DOMAIN, ZONE = "sip.trunk.example", "trunk.example"


def endpoint(name, region, *addresses, **fields):
    values = {"host": f"sip-{name}.trunk.example", "port": 5060, "tls_port": 5061, "weight": 10} | fields
    return Endpoint(
        name=name, city="", latitude=None, longitude=None, region=region, addresses=addresses, sources=(), media=(),
        **values,
    )  # fmt: skip


EU1, EU2 = endpoint("eu1", "eu", "192.0.2.1", "2001:db8::1"), endpoint("eu2", "eu", "192.0.2.2", weight=30)
AP1 = endpoint("ap1", "ap", "192.0.2.3", port=5070, tls_port=5071)
ALL = [EU1, EU2, AP1]


def texts(records, name, kind):
    found = records.get((dns.name.from_text(name, dns.name.from_text(ZONE)), RdataType[kind]))
    return sorted(map(str, found or ()))


def of(endpoints, out=frozenset(), zone_name=ZONE):
    return zone.records(endpoints, DOMAIN, zone_name, 30, out)


def test_the_service_leads_by_naptr_and_srv_to_every_endpoint():
    records = of(ALL)
    assert texts(records, "sip", "NAPTR") == [
        '10 10 "s" "SIP+D2U" "" _sip._udp.sip.trunk.example.',
        '20 10 "s" "SIP+D2T" "" _sip._tcp.sip.trunk.example.',
        '30 10 "s" "SIPS+D2T" "" _sips._tcp.sip.trunk.example.',
    ]
    assert texts(records, "_sip._udp.sip", "SRV") == texts(records, "_sip._tcp.sip", "SRV")
    assert texts(records, "_sip._udp.sip", "SRV") == [
        "10 10 5060 sip-eu1.trunk.example.",
        "10 10 5070 sip-ap1.trunk.example.",
        "10 30 5060 sip-eu2.trunk.example.",
    ]
    assert "10 10 5071 sip-ap1.trunk.example." in texts(records, "_sips._tcp.sip", "SRV")
    assert texts(records, "sip", "A") == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert texts(records, "sip", "AAAA") == ["2001:db8::1"]
    assert texts(records, "sip-eu1", "A") == ["192.0.2.1"]
    assert texts(records, "sip-eu1", "AAAA") == ["2001:db8::1"]
    assert {rdataset.ttl for rdataset in records.values()} == {30}


def test_a_region_has_its_own_first_and_the_others_as_backup():
    records = of(ALL)
    assert texts(records, "_sip._udp.ap.sip", "SRV") == [
        "10 10 5070 sip-ap1.trunk.example.",
        "20 10 5060 sip-eu1.trunk.example.",
        "20 30 5060 sip-eu2.trunk.example.",
    ]
    assert texts(records, "ap.sip", "A") == ["192.0.2.3"]
    assert texts(records, "eu.sip", "NAPTR")[0].endswith("_sip._udp.eu.sip.trunk.example.")


def test_who_takes_no_calls_leaves_the_services_but_keeps_its_name():
    records = of(ALL, frozenset({("ap1", "192.0.2.3")}))
    assert not any("ap1" in text for text in texts(records, "_sip._udp.sip", "SRV"))
    assert texts(records, "sip", "A") == ["192.0.2.1", "192.0.2.2"]
    assert texts(records, "sip-ap1", "A") == ["192.0.2.3"]
    assert len(texts(records, "_sip._udp.ap.sip", "SRV")) == 2  # its region is served by the others
    assert texts(records, "ap.sip", "A") == ["192.0.2.1", "192.0.2.2"]
    one = of(ALL, frozenset({("eu1", "192.0.2.1")}))
    assert any("eu1" in text for text in texts(one, "_sip._udp.sip", "SRV"))  # its other address is well


def test_all_out_is_nobody_out():
    everybody = frozenset((one.name, address) for one in ALL for address in one.addresses)
    assert of(ALL, everybody) == of(ALL)


def test_an_endpoint_without_a_name_gets_one():
    own = endpoint("node1", "default", "192.0.2.9", host="192.0.2.9")
    records = of([own])
    assert texts(records, "_sip._udp.sip", "SRV") == ["10 10 5060 node1.sip.trunk.example."]
    assert texts(records, "node1.sip", "A") == ["192.0.2.9"]


def test_a_host_that_is_a_services_name_is_not_what_the_service_leads_to():
    """Else the addresses of all would be behind one target, and one that takes no calls would stay."""
    first, second = (
        endpoint("eu", "eu", "192.0.2.9", host="192.0.2.9"),
        endpoint("main", "eu", "192.0.2.8", host=DOMAIN),
    )
    records = of([first, second], frozenset({("main", "192.0.2.8")}))
    assert texts(records, "_sip._udp.sip", "SRV") == ["10 10 5060 sip.eu.sip.trunk.example."]
    assert texts(records, "sip", "A") == texts(records, "eu.sip", "A") == ["192.0.2.9"]
    assert texts(records, "sip.eu.sip", "A") == ["192.0.2.9"]
    assert texts(records, "main.sip", "A") == ["192.0.2.8"]


def test_a_host_of_another_zone_is_named_but_not_published():
    other = replace(EU1, host="edge.elsewhere.example")
    records = of([other])
    assert texts(records, "_sip._udp.sip", "SRV") == ["10 10 5060 edge.elsewhere.example."]
    assert not any("elsewhere" in str(name) for name, _ in records)


def test_what_is_ours_is_noted_so_that_what_is_left_behind_goes():
    records = of(ALL)
    noted = zone.noted(records[zone.owner(DOMAIN)])
    assert noted == zone.names(ALL, DOMAIN, ZONE)
    there = zone.names([EU1, EU2], DOMAIN, ZONE)
    assert {str(host) for host in noted.hosts - there.hosts} == {"sip-ap1.trunk.example."}
    for text in ("something else", "host=", "host=..", "service=a..b", "host=" + "a" * 70):  # somebody else's
        assert zone.noted(dns.rdataset.from_text_list("IN", "TXT", 30, [f'"{text}"'])).keys() == []


def test_what_we_have_not_written_goes_only_when_that_is_meant():
    web = dns.rdataset.from_text("IN", "A", 60, "203.0.113.80")
    key = (dns.name.from_text(DOMAIN), RdataType.A)
    existing = {key: web}
    assert zone.foreign(existing, DOMAIN) == [key]
    with pytest.raises(plans.Unsafe, match=r"sip\.trunk\.example\. A 203\.0\.113\.80 would be removed"):
        plans.check(existing, of(ALL), zone.foreign(existing, DOMAIN))
    same = {key: of(ALL)[key]}  # written by hand, from what `dns zone` prints
    plans.check(same, of(ALL), zone.foreign(same, DOMAIN))
    assert zone.foreign(of(ALL), DOMAIN) == []
    left = of(ALL)
    assert zone.foreign(left | {(dns.name.from_text(f"sip-ap1.{ZONE}"), RdataType.A): web}, DOMAIN) == []


def test_a_plan_says_what_goes_and_comes_and_nothing_more():
    lines = [line for change in plans.plan(of(ALL), of([EU1, EU2])) for line in change.lines()]
    assert "- _sip._udp.sip.trunk.example. 30 IN SRV 10 10 5070 sip-ap1.trunk.example." in lines
    assert "- sip-ap1.trunk.example. 30 IN A 192.0.2.3" in lines
    gone = {"ap.sip.trunk.example.", "sip-ap1"}
    assert all(any(name in line for name in gone) for line in lines if " IN A " not in line and " TXT " not in line)
    assert plans.plan(of(ALL), of(ALL)) == []
    longer = {key: rdataset.copy() for key, rdataset in of(ALL).items()}
    for rdataset in longer.values():
        rdataset.update_ttl(10)
    assert len(plans.plan(longer, of(ALL))) == len(longer)


def test_a_plan_that_empties_is_refused():
    with pytest.raises(plans.Unsafe, match="no SRV record left"):
        plans.check(of(ALL), {})
    plans.check({}, of(ALL))
    plans.check(of(ALL), of([EU1, EU2]))
    with pytest.raises(plans.Unsafe, match=r"of the \d+ records that are there would be removed"):
        plans.check(of(ALL), of([endpoint("other", "us", "198.51.100.1")]))
