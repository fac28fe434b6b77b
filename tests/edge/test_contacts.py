"""Whether a Contact leads to an address, which later requests can be sent to without a question to DNS."""

import sys
from unittest.mock import MagicMock

import pytest


@pytest.fixture
def contacts(monkeypatch):
    before = set(sys.modules)
    monkeypatch.setitem(sys.modules, "KSR", MagicMock(name="KSR"))  # it is there within Kamailio alone
    from trunkline.edge.ksr import contacts

    yield contacts
    for name in set(sys.modules) - before:
        if name.startswith("trunkline.edge"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("contact", "is_ip"),
    [
        ("<sip:192.0.2.1>", True),
        ("sip:x@192.0.2.1:5060;expires=60", True),
        ("<SIP:x:y@[2001:db8::1]:5060;transport=udp>", True),
        ("<sip:x@sbc.example>", False),
        ('sip:192.0.2.1;text="x@sbc.example"', True),
        # RFC 4904 has the trunk group in the user part, parameters and all
        ("<sip:+15551234567;tgrp=TG-1;trunk-context=carrier.example@192.0.2.1:5060>", True),
        ("<sip:15551234567;tgrp=TG-1;trunk-context=carrier.example@sbc.internal:5060>", False),
    ],
)
def test_what_leads_to_an_address(contacts, contact, is_ip):
    assert contacts.is_ip(contact) is is_ip
