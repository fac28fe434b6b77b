"""Which addresses no number may be forwarded to."""

import pytest

from trunkline.cli import sandbox
from trunkline.settings import Settings
from trunkline.sip import fence, forward
from trunkline.sip.fence import Fence
from trunkline.sip.uri import DEFAULT_PORT

OURS = ("203.0.113.5", "10.0.0.5", "2001:db8::5")


@pytest.mark.parametrize(
    ("ip", "words"),
    [
        ("127.0.0.1", "loopback"),
        ("127.9.9.9", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "no machine"),
        ("0.0.0.1", "no machine"),
        ("::", "no machine"),
        ("224.0.1.75", "many machines"),
        ("ff02::1", "many machines"),
        ("255.255.255.255", "many machines"),
        ("203.0.113.5", "this service itself"),
        ("::ffff:203.0.113.5", "this service itself"),
        ("10.0.0.5", "this service itself"),
        ("2001:db8::5", "this service itself"),
    ],
)
def test_this_machine_is_no_target_whatever_the_port(ip, words):
    for port in (22, 5060, 5432):
        assert words in Fence(own=OURS).problem(ip, port)
        assert Fence(own=OURS, open=True).problem(ip, port) == ""


@pytest.mark.parametrize("ip", ["198.51.100.7", "10.0.0.6", "192.168.1.2", "2001:db8::6", "::ffff:10.0.0.6"])
def test_others_are(ip):
    assert Fence(own=OURS).problem(ip, 5060) == ""


def test_on_a_service_that_only_its_own_machine_reaches_loopback_is_a_target():
    inside = Settings(sip={"address": "127.0.0.1"}).fence
    assert inside.problem("127.0.0.1", 5070) == inside.problem("::1", 5060) == ""
    assert "link-local" in inside.problem("169.254.1.1", 5060)
    assert "loopback" in Settings(sip={"address": "198.51.100.20"}).fence.problem("127.0.0.1", 5070)


@pytest.mark.parametrize(
    "name", ["sip.address", "sip.advertised", "media.address", "media.advertised", "web.address", "cluster.address"]
)
def test_every_address_of_the_settings_is_our_own(name):
    section, key = name.split(".")
    values = {"sip": {"address": "198.51.100.20"}}
    values.setdefault(section, {})[key] = "198.51.100.77"
    assert Settings(**values).fence.problem("198.51.100.77", 22) == fence.OURS


def test_the_sandbox_is_within_reach_and_nothing_else_at_its_address():
    settings = Settings(sip={"address": "198.51.100.20"})
    texts = sandbox._forwards(settings, "key").values()
    targets = [target for text in texts for target in forward.parse(text) if target.host != settings.sip.domain]
    assert len(targets) > 8
    for target in targets:
        assert settings.fence.problem(target.host, target.port or DEFAULT_PORT[target.transport]) == ""
    assert settings.fence.problem(settings.sandbox.pbx_address, 22)
    off = Settings(sip={"address": "198.51.100.20"}, sandbox={"enabled": False})
    assert off.fence.problem(off.sandbox.pbx_address, off.sandbox.pbx_port)


def test_a_place_is_written_as_a_uri_has_it():
    assert fence.place("192.0.2.1", 5060) == "192.0.2.1:5060"
    assert fence.place("2001:db8::1", 5060) == "[2001:db8::1]:5060"


@pytest.mark.parametrize(
    ("ip", "nowhere"),
    [
        ("169.254.169.254", True), ("::ffff:169.254.169.254", True), ("fe80::1", True), ("0.0.0.0", True), ("::", True),
        ("224.0.0.1", True), ("255.255.255.255", True), ("127.0.0.1", False), ("10.0.0.1", False), ("192.0.2.1", False),
        ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_what_no_pbx_has_wherever_it_is(ip, nowhere):
    assert Fence(own=("192.0.2.1",)).is_nowhere(ip) is nowhere
    assert not Fence(open=True).is_nowhere(ip)
