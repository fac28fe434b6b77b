"""The resolver against a real authoritative server (Knot), and against silence."""

import socket
import time

import dns.asyncresolver
import pytest

from harness.knot import knot
from trunkline.dns.locate import Target, locate
from trunkline.dns.resolver import Resolver, Unanswered

ZONE = """
$ORIGIN example.
$TTL 300
@           SOA  ns hostmaster 1 3600 600 86400 7
            NS   ns
ns          A    127.0.0.1
pbx     120 A    192.0.2.1
            AAAA 2001:db8::1
alias    30 CNAME pbx
lasting     CNAME pbx
nowhere   3 CNAME text
_sip._udp.trunk   SRV 20 0 5070 backup.trunk
_sip._udp.trunk   SRV 10 5 5060 pbx
backup.trunk      A    192.0.2.9
_sips._tcp.trunk  SRV 0 0 0 .
text        TXT  "no address"
"""


@pytest.fixture(scope="module")
def server(addresses, tmp_path_factory):
    """The address and port of a name server for `example.`"""
    address = addresses.take()
    with knot(address, tmp_path_factory.mktemp("knot"), {"example.": ZONE}) as started:
        yield started.address, started.port
    addresses.give_back(address)


@pytest.fixture
def resolver(server):
    address, port = server
    return Resolver([address], port)


async def test_records_come_with_their_ttl(resolver):
    records, ttl = await resolver.ask("pbx.example", "A")
    assert ([record.address for record in records], ttl) == (["192.0.2.1"], 120)


@pytest.mark.parametrize("name", ["nobody.example", "text.example"])
async def test_no_name_and_no_record_last_as_long_as_the_zone_says(resolver, name):
    assert await resolver.ask(name, "A") == ([], 7)


@pytest.mark.parametrize("name", ["a" * 64 + ".example", ".".join(["a" * 60] * 5), "a..example"])
async def test_a_name_that_cannot_be_is_none(resolver, name):
    records, _ = await resolver.ask(name, "A")
    assert records == []


async def test_an_alias_is_followed(resolver):
    records, _ = await resolver.ask("alias.example", "A")
    assert [record.address for record in records] == ["192.0.2.1"]


@pytest.mark.parametrize(("name", "ttl"), [("alias", 30), ("lasting", 120), ("nowhere", 3)])
async def test_an_alias_is_believed_no_longer_than_any_part_of_it(resolver, name, ttl):
    """As one that a provider points elsewhere when a site fails, at an address that lasts."""
    assert (await resolver.ask(f"{name}.example", "A"))[1] == ttl


async def test_srv_and_its_absence(resolver):
    found = await locate(resolver, "trunk.example", 0, "udp", ipv6=False)
    assert found.targets == [Target("192.0.2.1", 5060, 10, 5), Target("192.0.2.9", 5070, 20, 0)]
    found = await locate(resolver, "trunk.example", 0, "tls", ipv6=False)
    assert "takes no SIP over tls" in found.problem
    found = await locate(resolver, "pbx.example", 0, "tcp", ipv6=True)
    assert found.targets == [Target("2001:db8::1", 5060, 0, 0)]


async def test_a_zone_that_the_server_refuses_is_unanswered(resolver):
    with pytest.raises(Unanswered, match="refused or failed"):
        await resolver.ask("example.net", "A")


async def test_a_silent_server_is_given_up_in_time(addresses):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((addresses.take(), 0))
        address, port = silent.getsockname()
        began = time.monotonic()
        with pytest.raises(Unanswered, match="no name server answers for pbx.example A: timeout"):
            await Resolver([address], port, lifetime=0.6).ask("pbx.example", "A")
        assert 0.3 < time.monotonic() - began < 3


async def test_a_dead_server_beside_a_living_one_costs_only_time(server, addresses):
    address, port = server
    records, _ = await Resolver([addresses.take(), address], port).ask("pbx.example", "A")
    assert [record.address for record in records] == ["192.0.2.1"]


@pytest.mark.parametrize("written", [b"nameserver 192.0.2.300\n", b"nameserver ns.example\n", b"# \xfc\n", b""])
async def test_a_resolv_conf_with_a_typing_error_gives_no_answer(tmp_path, monkeypatch, written):
    """It may be mended at any time."""
    (tmp_path / "resolv.conf").write_bytes(written)
    read = dns.asyncresolver.Resolver.read_resolv_conf
    monkeypatch.setattr(
        dns.asyncresolver.Resolver, "read_resolv_conf", lambda self, _: read(self, tmp_path / "resolv.conf")
    )
    with pytest.raises(Unanswered, match="/etc/resolv.conf names none, or what is no IP address"):
        await Resolver().ask("pbx.example", "A")
