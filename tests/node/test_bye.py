"""The BYEs that end a call: what each party would have got from its peer."""

import pytest

from trunkline.contract import clearing
from trunkline.node import bye
from trunkline.node.open_call import OpenCall

OURS = "<sip:9.9.100.1;lr=on;ftag=a1;tl=0011223344556677.1.ep.aa>"
BEYOND, BEFORE = "<sip:proxy.carrier.example;lr>", "<sip:sbc.pbx.example;lr>"


def call(**changes) -> OpenCall:
    known = {
        "uid": "0011223344556677", "numbers": ["447700900000", "442071234567"], "call_id": "c@pbx",
        "sources": ["udp:8.8.113.9:5060", "udp:9.9.100.9:5060"], "answered": 1.0, "tags": ["a1", "b2"],
        "contacts": ["<sip:4477@8.8.113.9>", '"x" <sip:gw@9.9.100.9:5080>;expires=1'],
        "routes": [BEYOND, OURS, BEFORE],
    }  # fmt: skip
    return OpenCall(**known | changes)


def requests(**changes) -> list[str]:
    made = bye.both(call(**changes), "it is late", "sip.example", "secret")
    return [request.text("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx").decode() for request in made]


def test_to_the_callee_and_to_the_caller():
    to_callee, to_caller = requests()
    assert to_callee.splitlines() == [
        "BYE sip:gw@9.9.100.9:5080 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
        f"Route: {OURS}, {BEYOND}",
        "From: <sip:447700900000@sip.example>;tag=a1",
        "To: <sip:442071234567@sip.example>;tag=b2",
        "Call-ID: c@pbx",
        "CSeq: 2147483637 BYE",
        "Max-Forwards: 70",
        'Reason: Q.850;cause=102;text="it is late"',
        f"Trunkline-Seal: {clearing.seal('secret', '0011223344556677', clearing.reason('it is late'))}",
        "Content-Length: 0",
        "",
    ]
    assert to_caller.startswith("BYE sip:4477@8.8.113.9 SIP/2.0")
    assert f"Route: {OURS}, {BEFORE}\r\n" in to_caller
    assert "From: <sip:442071234567@sip.example>;tag=b2\r\nTo: <sip:447700900000@sip.example>;tag=a1" in to_caller
    assert to_caller.endswith("\r\n\r\n")


def test_two_routes_of_ours_stay_in_order():
    tls = OURS.replace("lr=on", "transport=tls;lr=on")
    to_callee, to_caller = requests(routes=[tls, OURS])
    assert f"Route: {OURS}, {tls}\r\n" in to_callee
    assert f"Route: {tls}, {OURS}\r\n" in to_caller


@pytest.mark.parametrize(
    ("contact", "source", "target"),
    [
        ("<sip:x@192.168.1.2:5060>", "udp:8.8.113.9:1024", "sip:x@192.168.1.2:5060;ta=8.8.113.9~1024~1"),
        ("<sip:+1;tgrp=a;trunk-context=b@8.8.113.7>", "udp:8.8.113.9:5060", "sip:+1;tgrp=a;trunk-context=b@8.8.113.7"),
        ("<sip:x@8.8.113.9;transport=tcp>", "tcp:8.8.113.9:40000",
         "sip:x@8.8.113.9;transport=tcp;ta=8.8.113.9~40000~2"),
        ("sip:x@pbx.example;q=1", "tls:8.8.113.9:40000", "sip:x@pbx.example;ta=8.8.113.9~40000~3"),
        ("<sip:x@[2001:db8::1]>", "tcp:2001:db8::2:5060", "sip:x@[2001:db8::1];ta=[2001:db8::2]~5060~2"),
        ("<sip:x@8.8.113.10>", "udp:8.8.113.9:5060", "sip:x@8.8.113.10"),
        ('"a<b" <sip:x@8.8.113.10>;q=1', "udp:8.8.113.9:5060", "sip:x@8.8.113.10"),
        (r'"\"<a>\\" <sip:x@8.8.113.10>', "udp:8.8.113.9:5060", "sip:x@8.8.113.10"),
        ("A b <sip:x@8.8.113.10>", "udp:8.8.113.9:5060", "sip:x@8.8.113.10"),
        ("", "tcp:8.8.113.9:40000", "sip:8.8.113.9:40000;transport=tcp"),
        ("", "udp:2001:db8::2:5060", "sip:[2001:db8::2]:5060;transport=udp"),
    ],
)  # fmt: skip
def test_a_contact_that_leads_nowhere_is_reached_where_its_messages_come_from(contact, source, target):
    to_callee, _ = requests(contacts=["<sip:a@8.8.113.1>", contact], sources=["udp:8.8.113.1:5060", source])
    assert to_callee.startswith(f"BYE {target} SIP/2.0\r\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"routes": [BEYOND]},
        {"routes": []},
        {"contacts": ["*", "tel:1"]},
        {"contacts": ['"a <sip:x@8.8.1.1>', " " * 60_000]},
    ],
)
def test_who_cannot_be_reached_gets_none(changes):
    assert requests(**changes) == []


def test_a_reason_holds_no_more_than_a_quoted_string_does():
    words = 'a crypto line asks for "K=\\1"\r\nX: é, ' + "x" * 200
    value = clearing.reason(words)
    assert value == f'Q.850;cause=102;text="a crypto line asks for K=1X: , {"x" * 200}'[: len(value) - 1] + '"'
    assert len(clearing.words(value)) == clearing.LONGEST


def test_a_caller_of_any_name():
    assert "From: <sip:%22a%22%20%3Cb%3E%0D%0A@sip.example>;tag=a1" in requests(numbers=['"a" <b>\r\n', "1"])[0]


def test_a_seal_is_of_one_call_and_one_reason():
    made = clearing.seal("secret", "call", "reason")
    assert clearing.is_sealed("secret", "call", "reason", made)
    for forged in (("other", "call", "reason"), ("secret", "call2", "reason"), ("secret", "call", "reason2")):
        assert not clearing.is_sealed(*forged, made)
    assert not clearing.is_sealed("secret", "call", "reason", "é")
    assert clearing.words(clearing.reason("it is late")) == "it is late"
    assert clearing.words("SIP;cause=200") == "SIP;cause=200"
