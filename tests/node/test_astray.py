"""Which way a BYE took, and where the parties of its call are."""

import time

import pytest

from trunkline.node.astray import is_astray
from trunkline.node.calls import OpenCall

PBX, CARRIER, STRANGER = "192.0.2.1", "2001:db8::2", "203.0.113.9"
PROXY, PBXS = "198.51.100.1", "192.0.2.7"  # of the carrier, and before the PBX
NAME, MADDR = "carrier.example", "10.9.8.7"
CALL = OpenCall(
    uid="0011223344556677",
    numbers=["1", "2"],
    call_id="c@pbx",
    sources=[f"udp:{PBX}:5060", f"tls:[{CARRIER}]:40960"],
    answered=1000.0,
    tags=["a", "b"],
    contacts=[f'"PBX" <sip:pbx@{PBX}:5062>', f"<sip:gw@Carrier.example;transport=tls;maddr={MADDR}>;+x=1"],
    routes=[f"<sip:{PROXY};lr>", "<sip:[2001:db8::3]:5061;lr;tl=0011223344556677.x>", f"<sip:{PBXS};lr>"],
)


@pytest.mark.parametrize(
    ("by", "way", "astray"),
    [
        ("caller", [PBX, "carrier.EXAMPLE", CARRIER], False),
        ("caller", [PBX, NAME, PROXY], False),  # by a proxy of its own
        ("caller", [PBX, CARRIER, CARRIER], False),  # as one that wrote no Contact
        ("caller", [PBX, NAME, CARRIER, MADDR], False),
        ("caller", [PBX, STRANGER, STRANGER], True),
        ("caller", [PBX, STRANGER, CARRIER], True),
        ("caller", [PBX, NAME, STRANGER], True),
        ("caller", [PBX, NAME, CARRIER, STRANGER], True),
        ("caller", [PBX, PBX, PBX], True),
        ("callee", [CARRIER, PBX, PBX], False),
        ("callee", [PROXY, PBX, PBX], False),
        ("callee", [CARRIER, PBX, PBXS], False),
        ("caller", [PBXS, NAME, CARRIER], False),
        ("caller", [PBX, NAME, PBXS], True),  # by a Record-Route that the caller wrote
        ("callee", [PBXS, PBX, PBX], True),
        ("callee", [CARRIER, PBX, PROXY], True),
        ("callee", [PBX, PBX, PBX], True),  # of the caller, in the other's name, to itself
        ("callee", [STRANGER, PBX, PBX], True),
        ("callee", [CARRIER, NAME, CARRIER], True),
        ("edge", [STRANGER] * 3, False),
        ("caller", None, False),  # of a Kamailio that was started before
        ("caller", [], False),
        ("caller", [PBX, STRANGER], False),
        ("caller", STRANGER, False),
    ],
)
def test_only_from_one_party_to_the_other(by, way, astray):
    assert is_astray(CALL, {"event": "end", "by": by, "way": way}) == astray


@pytest.mark.parametrize("contact", ["sip:" * 8000, "sip:" + "a" * 32_000, "<" * 32_000, ";maddr=" * 4000])
def test_no_contact_takes_long(contact):
    call = OpenCall("u", ["1", "2"], "c", ["udp:192.0.2.1:5060"] * 2, 0.0, contacts=[contact] * 2)
    began = time.process_time()
    is_astray(call, {"by": "caller", "way": [PBX, STRANGER, STRANGER]})
    assert time.process_time() - began < 0.5


def test_a_call_of_which_little_is_known_is_no_fault():
    assert is_astray(OpenCall("u", ["1", "2"], "c", ["", ""], 0.0), {"by": "caller", "way": [STRANGER] * 3})
