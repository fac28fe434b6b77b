"""The zone of six endpoints at a real name server, written by signed updates."""

import base64
import socketserver
import threading
from dataclasses import replace

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from harness.six import DOMAIN, KEY, SECRET, TTL, ZONE, ask, write
from trunkline.dns import plan as plans
from trunkline.dns import zone
from trunkline.dns.server import Overtaken, Server, ServerError, read_key
from trunkline.node import publish


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
        (f"www.{ZONE}", f"www.{ZONE}. A 192.0.2.80 would be removed, which was not written by us"),
        (f"shop.{ZONE}", rf"shop.{ZONE}. is an alias \(CNAME\)"),
        (f"edge.sub.{ZONE}", f"is not authoritative for edge.sub.{ZONE}"),
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
    for text in ("nothing", "hmac-md5:a:eHh4", "a:b:c:d", "a..b:eHh4", f"{'a' * 64}:eHh4"):
        other.write_text(text)
        with pytest.raises(ServerError, match="holds no key"):
            read_key(other)
    assert len(ask(name_server, f"_sip._udp.{DOMAIN}", "SRV")) == 6
