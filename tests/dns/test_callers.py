"""The zone of six endpoints at a real name server, followed by real user agents."""

import asyncio
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.peers import Baresip, free_port
from harness.polling import until
from harness.six import DOMAIN, write
from trunkline.dns.locate import locate
from trunkline.dns.resolver import Resolver

KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
listen=udp:{address}:{port}
disable_tcp=yes
auto_aliases=no
rev_dns=no
dns_try_naptr=yes
dns_srv_lb=yes
use_dns_cache=yes
use_dns_failover=yes
dns_cache_max_ttl=1
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
request_route {{ t_relay(); }}
"""


async def test_our_resolver_finds_all_with_their_weights(name_server, six, written):
    found = await locate(Resolver([name_server.address], name_server.port), DOMAIN, 0, "udp", ipv6=False)
    assert {(t.ip, t.port, t.priority, t.weight) for t in found.targets} == {
        (one.addresses[0], one.port, 10, one.weight) for one in six[0]
    }
    region = await locate(Resolver([name_server.address], name_server.port), f"eu.{DOMAIN}", 0, "udp", ipv6=False)
    assert {t.ip for t in region.targets if t.priority == 10} == {one.addresses[0] for one in six[0][2:4]}


async def test_baresip_follows_naptr_and_srv(name_server, six, written, addresses):
    answering, address = six[1], addresses.take()
    await asyncio.to_thread(answering.got, "INVITE")
    async with Baresip.run(address, name_server=f"{name_server.address}:{name_server.port}") as baresip:
        baresip.command("dial", f"sip:447700900000@eu.{DOMAIN}")
        await baresip.event("CALL_CLOSED", timeout=15)
    assert set(answering.got("INVITE")) <= {one.addresses[0] for one in six[0][2:4]} != set()
    addresses.give_back(address)


@pytest.fixture
def kamailio(addresses, name_server, tmp_path):
    """A Kamailio that relays to where DNS says, in a mount namespace where the name server is the system's."""
    address = addresses.take()
    port = free_port(address)
    (tmp_path / "kamailio.cfg").write_text(KAMAILIO.format(address=address, port=port))
    (tmp_path / "resolv.conf").write_text(f"nameserver {name_server.address}\n")
    script = f"mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec kamailio -DD -E -f {tmp_path}/kamailio.cfg"
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=log, stderr=log)
    yield address, port, Path(tmp_path / "log")
    process.terminate()
    process.wait(10)
    addresses.give_back(address)


def options(kamailio, count):
    """So many OPTIONS to the service's name through Kamailio, one after the other."""
    address, port, _ = kamailio
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect((address, port))
        here, its_port = client.getsockname()
        for n in range(count):
            mark = f"{time.monotonic_ns()}"
            client.send(
                f"OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {here}:{its_port};branch=z9hG4bK{mark}\r\n"
                f"From: <sip:a@{here}>;tag={n}\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: {mark}@test\r\nCSeq: 1 OPTIONS\r\n"
                "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
            )
            try:
                answered += client.recv(65535).startswith(b"SIP/2.0 200")
            except OSError:  # not listening yet, or no endpoint that answers
                time.sleep(0.05)
    return answered


def test_kamailio_follows_naptr_and_srv_and_shares_by_weight(kamailio, six, written, server):
    endpoints, answering = six
    until(lambda: options(kamailio, 1), 20, "Kamailio relays")
    answering.got("OPTIONS")
    assert options(kamailio, 240) == 240
    got = answering.got("OPTIONS")
    assert set(got) == set(answering.addresses)
    # Of 80 weights: four of 10 and two of 20. 240 draws: 5 standard deviations about the mean, one in a million.
    for one in endpoints:
        mean = 240 * one.weight / 80
        assert abs(got[one.addresses[0]] - mean) < 5 * (mean * (1 - one.weight / 80)) ** 0.5, got
    gone = endpoints[0]
    write(server, endpoints, out=frozenset({(gone.name, gone.addresses[0])}))

    def moved():
        answering.got("OPTIONS")
        options(kamailio, 40)
        return gone.addresses[0] not in answering.got("OPTIONS")

    until(moved, 15, "Kamailio leaves the endpoint that left DNS")
