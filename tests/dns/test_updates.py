"""The zone of six endpoints at a real name server, written by signed updates, and followed by real user agents."""

import asyncio
import base64
import socketserver
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from harness.answering import Answering
from harness.knot import knot
from harness.peers import Baresip, free_port
from harness.polling import until
from trunkline.contract.endpoints import Endpoint
from trunkline.dns import plan as plans
from trunkline.dns import zone
from trunkline.dns.locate import locate
from trunkline.dns.resolver import Resolver
from trunkline.dns.server import Overtaken, Server, ServerError, read_key
from trunkline.node import alive, part, publish

DOMAIN, ZONE = "sip.trunk.example", "trunk.example"
KEY, SECRET = "trunkline", base64.b64encode(b"x" * 32).decode()
START = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 7\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.80\n"
START += "shop CNAME www\nsub NS ns.elsewhere.example.\nsip MX 10 mail\nsip TXT hello\n"
TTL = 1  # s; so that the user agents ask again

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
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
request_route {{ t_relay(); }}
"""


@pytest.fixture(scope="module")
def six(addresses):
    """Six endpoints as the page has them, on six loopback addresses; what answers on these."""
    held = [addresses.take() for _ in range(6)]
    port = free_port(held[0])
    names = (("ap1", 10), ("ap2", 10), ("eu1", 10), ("eu2", 10), ("us-2-1", 20), ("us-2-2", 20))
    endpoints = [
        Endpoint(name, f"sip-{name}.{ZONE}", "", None, None, name[:2], (address,), port, 5061, (), (), weight)
        for (name, weight), address in zip(names, held, strict=True)
    ]
    answering = Answering(held, port)
    yield endpoints, answering
    answering.close()
    for address in held:
        addresses.give_back(address)


@pytest.fixture(scope="module")
def name_server(addresses, tmp_path_factory):
    """Knot at port 53, where Kamailio asks."""
    address = addresses.take()
    with knot(address, tmp_path_factory.mktemp("knot"), {f"{ZONE}.": START}, port=53, key=(KEY, SECRET)) as started:
        yield started
    addresses.give_back(address)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "dns.key"
    path.write_text(f"# hmac-sha256:{KEY}:{SECRET}\nkey:\n  - id: {KEY}\n")  # as keymgr -t prints it
    path.chmod(0o600)
    return path


@pytest.fixture
def server(name_server, key_file):
    return Server(name_server.address, name_server.port, ZONE, read_key(key_file))


def write(server, endpoints, **options):
    existing = server.existing(DOMAIN, zone.names(endpoints, DOMAIN, ZONE))
    desired = zone.records(endpoints, DOMAIN, ZONE, TTL, **options)
    server.update(plans.plan(existing, desired))
    return desired


def ask(name_server, name, kind):
    answer = dns.query.udp(dns.message.make_query(name, kind), name_server.address, 2, name_server.port)
    return sorted(str(record) for rrset in answer.answer for record in rrset)


@pytest.fixture
def written(server, six):
    return write(server, six[0])


def test_what_is_written_is_there_and_nothing_else_is_touched(server, name_server, six, written):
    assert server.existing(DOMAIN, zone.names(six[0], DOMAIN, ZONE)) == written
    assert len(ask(name_server, f"_sip._udp.{DOMAIN}", "SRV")) == 6
    assert ask(name_server, f"www.{ZONE}", "A") == ["192.0.2.80"]
    write(server, six[0][:5])
    assert ask(name_server, f"sip-us-2-2.{ZONE}", "A") == []  # though nothing lists it any more
    assert len(ask(name_server, f"_sip._udp.us.{DOMAIN}", "SRV")) == 5
    write(server, six[0])


def test_records_of_others_at_our_names_stay(server, name_server, six, written):
    """The web site whose name somebody gave to an endpoint, an alias, and a name that is in another zone."""
    endpoints = list(six[0])
    assert ask(name_server, DOMAIN, "MX") == [f"10 mail.{ZONE}."]
    assert ask(name_server, DOMAIN, "TXT") == ['"hello"']

    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL)
    for host, words in (
        (f"www.{ZONE}", f"www.{ZONE}. A 192.0.2.80 would go, which was not written by us"),
        (f"shop.{ZONE}", rf"shop.{ZONE}. is an alias \(CNAME\)"),
        (f"edge.sub.{ZONE}", f"is no authority for edge.sub.{ZONE}"),
    ):
        endpoints[0] = replace(six[0][0], host=host)
        with pytest.raises(OSError, match=words):
            publisher.step()
    endpoints[0] = six[0][0]
    assert not publisher.step()
    assert ask(name_server, f"www.{ZONE}", "A") == ["192.0.2.80"]
    assert server.existing(DOMAIN, zone.names(six[0], DOMAIN, ZONE)) == written


class InBetween(socketserver.StreamRequestHandler):
    """Answers in the name server's place, and says that the company's web site is ours."""

    def handle(self):
        question = dns.message.from_wire(self.rfile.read(int.from_bytes(self.rfile.read(2))), keyring=False)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        name, kind = question.question[0].name, question.question[0].rdtype
        if kind == RdataType.TXT:
            answer.answer.append(dns.rrset.from_text(name, 1, "IN", "TXT", f'"host=www.{ZONE}."'))
        if (str(name), kind) == (f"www.{ZONE}.", RdataType.A):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.80"))
        wire = answer.to_wire()
        self.wfile.write(len(wire).to_bytes(2) + wire)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda whole: whole[:3] + bytes([dns.rcode.SERVFAIL]) + whole[4:], "cannot serve the zone .* SERVFAIL"),
        (
            lambda whole: whole[:3] + bytes([dns.rcode.NOTAUTH]) + whole[4:],
            "has no zone trunk.example: it answers NOTAUTH",
        ),
        (lambda whole: whole[: len(whole) // 2], "does not answer"),  # and closes the connection
        (lambda whole: b"", "does not answer"),
        (lambda whole: whole[:2] + b"\xff" * (len(whole) - 2), "does not answer"),
    ],
)
def test_a_server_that_is_out_of_order_is_said_and_dns_stays(six, addresses, answer, words):
    class OutOfOrder(socketserver.StreamRequestHandler):
        def handle(self):
            question = dns.message.from_wire(self.rfile.read(int.from_bytes(self.rfile.read(2))))
            whole = dns.message.make_response(question).to_wire()
            self.wfile.write(len(whole).to_bytes(2) + answer(whole))

    with socketserver.ThreadingTCPServer((addresses.take(), 0), OutOfOrder) as broken:
        threading.Thread(target=broken.serve_forever, daemon=True).start()
        address, port = broken.server_address
        publisher = publish.Publisher(lambda: six[0], Server(address, port, ZONE), DOMAIN, TTL)
        try:
            with pytest.raises(OSError, match=words):
                publisher.step()
        finally:
            broken.shutdown()
    addresses.give_back(address)


def test_an_answer_that_nobody_signed_makes_us_sign_nothing(server, six, addresses):
    with socketserver.ThreadingTCPServer((addresses.take(), 0), InBetween) as between:
        threading.Thread(target=between.serve_forever, daemon=True).start()
        address, port = between.server_address
        its, ours = replace(server, address=address, port=port), zone.names(six[0], DOMAIN, ZONE)
        try:
            existing = replace(its, key=None).existing(DOMAIN, ours)
            assert any("www" in str(name) for name, _ in existing)  # as it would have it
            with pytest.raises(ServerError, match="answers without a signature, and is not believed"):
                its.existing(DOMAIN, ours)
        finally:
            between.shutdown()
    addresses.give_back(address)


def test_an_update_that_was_overtaken_does_nothing(server, name_server, six, written):
    stale = plans.plan(written, zone.records(six[0][:3], DOMAIN, ZONE, TTL))
    write(server, six[0][:5])
    with pytest.raises(Overtaken, match="changed meanwhile"):
        server.update(stale)
    assert len(ask(name_server, f"_sip._udp.{DOMAIN}", "SRV")) == 5
    write(server, six[0])


def test_who_may_not_write_is_told_why(name_server, server, six, written, tmp_path, addresses):
    changes = plans.plan(written, zone.records(six[0][:5], DOMAIN, ZONE, TTL))
    with pytest.raises(ServerError, match="refuses the update: (REFUSED|NOTAUTH)"):
        replace(server, key=None).update(changes)
    other = tmp_path / "other.key"
    other.write_text(f"{KEY}:{base64.b64encode(b'y' * 32).decode()}\n")
    with pytest.raises(ServerError, match="open to others"):
        read_key(other)
    other.chmod(0o600)
    with pytest.raises(ServerError, match="does not know the key trunkline as dns.key has it: compare"):
        replace(server, key=read_key(other)).update(changes)
    with pytest.raises(ServerError, match="does not answer"):
        Server(addresses.take(), 9, ZONE, None).update(changes)
    elsewhere = "sip.elsewhere.example", zone.names(six[0], "sip.elsewhere.example", "elsewhere.example")
    with pytest.raises(ServerError, match="answers without a signature, .* that it has the zone elsewhere.example"):
        replace(server, zone="elsewhere.example").existing(*elsewhere)
    with pytest.raises(ServerError, match="has no zone elsewhere.example: it answers REFUSED"):
        replace(server, zone="elsewhere.example", key=None).existing(*elsewhere)
    for text in (f"hmac-sha512:{KEY}:{SECRET}\n", f"stranger:{SECRET}\n"):
        other.write_text(text)
        with pytest.raises(ServerError, match="answers without a signature, and is not believed: .* knows the key"):
            replace(server, key=read_key(other)).update(changes)
    for text in ("nothing", "hmac-md5:a:eHh4", "a:b:c:d"):
        other.write_text(text)
        with pytest.raises(ServerError, match="holds no key"):
            read_key(other)
    assert len(ask(name_server, f"_sip._udp.{DOMAIN}", "SRV")) == 6


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
    import socket

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


def test_who_is_silent_leaves_within_15_s_and_comes_back_later(server, name_server, six, written, tmp_path):
    """The part as the node runs it, at its own pace: silence, a 503, and everybody gone."""
    endpoints, answering = six
    first, second = answering.addresses[:2]
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL)
    stop, reporter = threading.Event(), part.Reporter(tmp_path / "status.json")
    running = threading.Thread(target=part.run, args=(publisher, reporter, stop, alive.PAUSE))

    def listed():
        return set(ask(name_server, DOMAIN, "A"))

    running.start()
    try:
        until(lambda: answering.got("OPTIONS").total() >= 6, 10, "all are asked")
        answering.kill(first)
        answering.answer(second, 503)
        began = time.monotonic()
        until(lambda: listed() == set(answering.addresses[1:]) - {second}, 15, "both are out")
        assert time.monotonic() - began < 15
        assert set(publisher.facts()["out"]) == {f"ap1 {first}", f"ap2 {second}"}
        for address in answering.addresses[1:]:
            answering.kill(address)
        until(lambda: publisher.facts()["all_out"], 15, "nobody answers")
        assert listed() == set(answering.addresses) - {first, second}  # as it was: it may be we who are cut off
        began = time.monotonic()
        answering.answer(second, 200)
        for address in answering.addresses:
            answering.start(address)
        until(lambda: listed() == set(answering.addresses), 30, "all are back")
        assert time.monotonic() - began > (alive.ANSWERS - 1) * alive.PAUSE
    finally:
        stop.set()
        running.join(10)


def test_who_hears_itself_alone_while_others_serve_leaves_dns_as_it_is(server, name_server, six, written):
    """Its line is cut, but for the way to the name server: it would leave itself alone in DNS."""
    endpoints, answering = six
    own, *others = answering.addresses
    serving = set(others[:1])
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL, serving=lambda: serving, own=own)

    def listed():
        return set(ask(name_server, DOMAIN, "A"))

    publisher.step()
    for address in others:
        answering.kill(address)
    try:
        until(lambda: not publisher.step() and publisher.facts()["cut_off"], 20, "it hears itself alone")
        assert listed() == set(answering.addresses)
        for address in others:
            answering.start(address)
        for _ in range(alive.ANSWERS - 1):  # that are not believed yet
            publisher.step()
            assert publisher.facts()["cut_off"]
        publisher.step()
        assert (publisher.facts()["cut_off"], listed()) == (False, set(answering.addresses))

        answering.answer(others[0], 503)  # who is heard, if only to say that it takes no calls
        for address in others[1:]:
            answering.kill(address)
        until(lambda: not publisher.step() and len(publisher.facts()["out"]) == len(others), 20, "the others are out")
        assert (publisher.facts()["cut_off"], listed()) == (False, {own})
        for address in others[1:]:
            answering.start(address)
        answering.answer(others[0], 200)
        until(lambda: not publisher.step() and not publisher.facts()["out"], 20, "all are back")

        serving.clear()  # they are dead, as far as anybody knows
        for address in others:
            answering.kill(address)
        until(lambda: not publisher.step() and len(publisher.facts()["out"]) == len(others), 20, "the others are out")
        assert (publisher.facts()["cut_off"], listed()) == (False, {own})
    finally:
        for address in others:
            if address not in answering.up():
                answering.start(address)
        answering.answer(others[0], 200)


def test_a_node_that_stands_by_writes_nothing_until_it_is_its_turn(server, name_server, six, written):
    endpoints, answering = six
    first = answering.addresses[0]
    writer = ["another"]
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL, writer=lambda: writer[0])
    answering.answer(first, 503)
    try:
        until(lambda: not publisher.step() and publisher.facts()["out"], 10, "it sees who takes no calls")
        assert publisher.facts()["waits_for"] == "another"
        assert first in ask(name_server, DOMAIN, "A")
        writer[0] = ""
        assert not publisher.step()
        assert set(ask(name_server, DOMAIN, "A")) == set(answering.addresses[1:])
        assert publisher.facts()["waits_for"] == ""
    finally:
        answering.answer(first, 200)
