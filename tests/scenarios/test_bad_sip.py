"""Malformed, forged and hostile messages: an answer where one is possible, and the service goes on."""

import asyncio
import re

import pytest

from harness import placing
from harness.polling import until
from trunkline.sandbox.message import Request, parse

pytestmark = pytest.mark.engines

PLAIN = (
    "OPTIONS sip:ping@{d} SIP/2.0\r\n"
    "Via: SIP/2.0/{t} {a}:{p};branch=z9hG4bK{b};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:x@pbx.example>;tag=1\r\n"
    "To: <sip:ping@{d}>\r\n"
    "Call-ID: {b}@pbx.example\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n"
)


def plain(edge, ua, transport="UDP", branch="plain", **changes) -> bytes:
    """An OPTIONS with some texts replaced."""
    text = PLAIN.format(d=edge.domain, a=ua.address, p=ua.port(), t=transport, b=branch)
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    return text.encode("utf-8", "surrogateescape")


async def still_works(edge, ua) -> None:
    assert (await ua.options(edge.uri("ping"), getattr(edge, ua.transport))).code == 200


async def answer_of(ua, data: bytes, hop, seconds: float = 2.0):
    """The response to some bytes; None when there is none."""
    ua.strays.clear()
    await ua.send_raw(data, hop)
    try:
        found = await ua.until(lambda: list(ua.strays), seconds, "a response")
    except TimeoutError:
        return None
    return found[0]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("To: <sip:ping@{d}>\r\n", "", None),
        ("From: <sip:x@pbx.example>;tag=1\r\n", "", None),
        ("CSeq: 1 OPTIONS\r\n", "", None),
        ("CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 400),
        ("CSeq: 1 OPTIONS", "CSeq: one OPTIONS", 400),
        ("CSeq: 1 OPTIONS", "CSeq: 99999999999 OPTIONS", 400),
        ("CSeq: 1 OPTIONS", "CSeq: -1 OPTIONS", 400),
        ("OPTIONS sip:ping@{d}", "OPTIONS mailto:ping@{d}", 400),
        ("OPTIONS sip:ping@{d}", "OPT\udcd7ONS sip:ping@{d}", 400),
        ("To: <sip:ping@{d}>", "To: <sip:ping@:::>", 400),
        ("From: <sip:x@pbx.example>", "From: <sip:x@pbx.example:99999999>", 400),
        ("Content-Length: 0", "Content-Length: 10", 400),
        ("Content-Length: 0", "Content-Length: -1", None),
        ("Content-Length: 0", "Content-Length: zero", None),
    ],
)
async def test_what_can_be_answered_is_refused_in_words(edge, agent, old, new, code):
    ua = await agent()
    data = plain(edge, ua, replace={old.format(d=edge.domain): new.format(d=edge.domain)})
    if code is None:  # Kamailio drops what it cannot even read
        await ua.send_raw(data, edge.udp)
        await still_works(edge, ua)
        assert not ua.strays
    else:
        response = await answer_of(ua, data, edge.udp)
        assert response.code == code, response
        assert response.warning


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\0",
        b"\0" * 1400,
        b"\xff\xfe" * 700,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"INVITE\r\n\r\n",
        b"INVITE sip:1@x SIP/2.0\r\n\r\n",
        b"INVITE sip:1@x SIP/2.0",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 999999 \r\nVia: SIP/2.0/UDP x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\1" * 300,
        b"INVITE sip:" + b"a" * 8000 + b"@x SIP/2.0\r\n\r\n",
        b"A" * 60000,
        (b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" * 100),
    ],
    ids=range(15),
)
async def test_garbage_is_dropped(edge, agent, data):
    ua = await agent()
    await ua.send_raw(data, edge.udp)
    await still_works(edge, ua)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Via: SIP/2.0/UDP", "v: SIP/2.0/UDP"),
        ("From: <sip:x@pbx.example>;tag=1", "f: <sip:x@pbx.example>;tag=1"),
        ("Call-ID:", "i:"),
        ("Call-ID:", "cALL-id  :"),
        ("To: <", "To:\r\n\t<"),
        ("Max-Forwards: 70\r\n", ""),
        ("Max-Forwards: 70", "Max-Forwards: 0"),
        ("CSeq: 1 OPTIONS", "CSeq:\t1   OPTIONS"),
        ("Max-Forwards: 70", "Max-Forwards: 70\r\nX-Bytes: \udcff\udcfe\udc80"),
        ("Max-Forwards: 70", "Max-Forwards: 70\r\nX-Long: " + "x" * 20000),
        ("Max-Forwards: 70", "Max-Forwards: 70" + "\r\nX: y" * 2000),
        ("Content-Length: 0\r\n", ""),
    ],
)
async def test_odd_but_legal_is_served(edge, agent, old, new):
    ua = await agent()
    response = await answer_of(ua, plain(edge, ua, replace={old: new}), edge.udp)
    assert response is not None
    assert response.code == 200


async def test_other_versions_of_sip_are_refused_or_dropped(edge, agent):
    ua = await agent()
    first_line = f"OPTIONS sip:ping@{edge.domain} SIP/"
    response = await answer_of(ua, plain(edge, ua, replace={f"{first_line}2.0": f"{first_line}3.0"}), edge.udp, 0.5)
    assert response is None or response.code == 505
    await still_works(edge, ua)


async def test_thousands_of_vias_are_survived(edge, agent):
    ua = await agent()
    vias = "".join(f"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{n}\r\n" for n in range(600))
    response = await answer_of(ua, plain(edge, ua, replace={"Max-Forwards": f"{vias}Max-Forwards"}), edge.udp)
    assert response.code == 200
    await still_works(edge, ua)


@pytest.mark.parametrize("name", ["From", "To", "Contact", "Diversion", "Call-ID", "Proxy-Authorization", "X-Any"])
@pytest.mark.parametrize("value", ["\udcff\udcfe\udc80", "a\0b", '"\\'])
async def test_any_bytes_in_any_header_of_an_invite(edge, agent, name, value):
    key, ua, far = edge.key(edge.account(caller_id="owned")), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))

    def spoil(request: Request):
        given = request.get(name)
        place = {"From": "+4477", "To": "sip:", "Contact": "sip:", "Call-ID": "", "Proxy-Authorization": "Digest "}
        if given is None:
            request.add(name, f"<sip:{value}@x>")
        else:
            request.set(name, given.replace(place.get(name, ""), place.get(name, "") + value, 1))

    call = await placing.dial(edge, ua, key, f"+{prefix}001", edit=spoil)
    try:
        response = await call.final(timeout=0.7)
    except TimeoutError:
        pass  # what cannot be read is dropped
    else:
        assert response.code in (400, 403, 404, 407), response
    assert not far.calls
    await still_works(edge, ua)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_stream_of_garbage_costs_only_its_connection(edge, agent, transport):
    for data in (b"\0\1\2garbage\r\n\r\n", b"INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
                 b"INVITE sip:x SIP/2.0\r\nContent-Length: -5\r\n\r\n", b"A" * 70000,
                 b"OPTIONS sip:ping@x SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1\r\n\r\n"):  # fmt: skip
        ua = await agent(transport)
        await ua.send_raw(data, getattr(edge, transport))
        ua.drop_connections()
        await still_works(edge, ua)


async def test_a_truncated_message_waits_for_its_rest(edge, agent):
    ua = await agent("tcp")
    data = plain(edge, ua, "TCP")
    ua.strays.clear()
    await ua.send_raw(data[:100], edge.tcp)
    other = await agent("tcp")
    await still_works(edge, other)
    assert not ua.strays
    await ua.send_raw(data[100:], edge.tcp)
    assert (await ua.until(lambda: list(ua.strays), 30, "a response"))[0].code == 200


async def test_messages_may_follow_each_other_without_a_pause(edge, agent):
    ua = await agent("tcp")
    await ua.send_raw(b"\r\n\r\n" + b"".join(plain(edge, ua, "TCP", f"b{n}") for n in range(20)), edge.tcp)
    await ua.until(lambda: len(ua.strays) >= 20, 30, "20 responses")


async def test_a_long_invite_over_tcp_reaches_the_carrier_by_udp(edge, agent):
    key, ua, far = edge.key(), await agent("tcp"), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    supported = ", ".join(["100rel"] + [f"x-option-{n}" for n in range(1200)])
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", headers=[("Supported", supported)])
    assert incoming.request.get("Supported") == supported
    await placing.hang_up(call, incoming)


async def test_a_huge_message_over_tcp_costs_its_connection(edge, agent):
    ua, log = await agent("tcp"), edge.home.log / "kamailio.log"
    known = log.stat().st_size
    await ua.send_raw(plain(edge, ua, "TCP", replace={"Max-Forwards: 70": "X-Long: " + "x" * 62000}), edge.tcp)
    await asyncio.to_thread(until, lambda: b"message too large" in log.read_bytes()[known:], 3)
    assert not ua.strays
    await still_works(edge, await agent("tcp"))


@pytest.mark.parametrize("method", ["REFER", "MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "PRACK", "FROB"])
async def test_other_methods_are_refused_outside_a_dialog(edge, agent, method):
    key, ua = edge.key(), await agent()
    response = await ua.request(method, edge.uri("+999501"), edge.udp, user=key.name, secret=key.secret)
    assert response.code == 405
    assert "INVITE" in response.get("Allow")
    assert method in response.warning


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "CANCEL", "REFER"])
async def test_a_forged_request_of_a_dialog_is_481(edge, agent, method):
    """A To tag without a Route, with our bare address, and with a MAC of nobody's: nothing may leave."""
    ua, victim = await agent(), await agent()
    fake = f"<sip:{edge.address}:{edge.udp.port};lr;ftag=x;tl={'a' * 16}.1.e.{'b' * 32}>"
    routes = [[], [f"<sip:{edge.address}:{edge.udp.port};lr>"], [fake], [fake, f"<sip:{victim.address}:5060;lr>"]]
    for route in routes:
        response = await ua.request(
            method, f"sip:x@{victim.address}:{victim.port()}", edge.udp, callee="<sip:x@y>;tag=forged",
            headers=[("Route", value) for value in route],
        )  # fmt: skip
        assert response.code == 481
        assert response.warning
    assert not victim.calls
    assert not victim.requests


async def test_the_route_of_a_call_serves_no_other_call(edge, agent):
    key, ua, far, thief = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    route = call.dialog.routes

    # Another Call-ID with the same Route; then the same Call-ID with an altered Route.
    response = await thief.request(
        "BYE", call.dialog.target, edge.udp, callee="<sip:x@y>;tag=z", headers=[("Route", value) for value in route]
    )
    assert response.code == 481
    proof = re.compile(r"(tl=[0-9a-f.]+\.[a-z]+\.[0-9a-f]+\.)(.)")
    altered = [proof.sub(lambda m: m[1] + ("0" if m[2] != "0" else "1"), value) for value in route]
    assert altered != route
    accounts = [re.sub(r"(tl=[0-9a-f]+\.)[0-9]+", r"\g<1>4711", value) for value in route]
    tags = [re.sub(r"ftag=[^;>]+", "ftag=other", value) for value in route]
    for forged in (altered, accounts, tags):
        assert forged != route
        request = call.dialog.request("BYE")
        request.remove("Route")
        request.headers += [("Route", value) for value in forged]
        assert (await ua.transact(request, edge.udp)).code == 481
    assert not incoming.requests or [r.method for r in incoming.requests] == ["ACK"]
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events].count("end") == 1


async def test_words_cannot_break_out_of_the_warning(edge, agent):
    key, ua = edge.key(), await agent()
    user = "x%22%0d%0aX-Evil%3a%20yes%0d%0a%5c%22%00%e2%82%ac"
    response = await placing.refused(edge, ua, key, user, callee="<sip:x@y>")
    assert response.code == 404
    assert response.get("X-Evil") is None
    assert len(response.all("Warning")) == 1
    assert parse(bytes(response)).code == 404
    await edge.events("reject", key=key.name)
    lines = edge.home.journal_file.read_bytes().splitlines()
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines if line)


async def test_an_invite_whose_from_has_no_tag_is_refused(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))

    def untag(request: Request):
        request.set("From", request.get("From").partition(";tag=")[0])

    response = await placing.refused(edge, ua, key, f"+{prefix}001", edit=untag)
    assert response.code == 400
    assert "tag" in response.warning
    assert not far.calls


async def test_a_hundred_broken_connections_leave_the_service_well(edge, agent):
    async def half(n):
        reader, writer = await asyncio.open_connection(edge.address, (edge.tcp if n % 2 else edge.tls).port)
        writer.write(b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/TCP")
        await writer.drain()
        writer.transport.abort()

    await asyncio.gather(*(half(n) for n in range(100)))
    for transport in ("udp", "tcp", "tls"):
        await still_works(edge, await agent(transport))
