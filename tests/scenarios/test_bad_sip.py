"""Malformed messages: an answer where one is possible, and the service goes on."""

import pytest

from scenarios.raw import answer_of, plain, still_works

pytestmark = pytest.mark.engines


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
        ("OPTIONS sip:ping@{d}", "OPTIONS mailto:ping@{d}", 416),
        ("OPTIONS sip:ping@{d}", "OPT\udcd7ONS sip:ping@{d}", 400),
        ("To: <sip:ping@{d}>", "To: <sip:ping@:::>", 400),
        ("From: <sip:x@pbx.example>", "From: <sip:x@pbx.example:99999999>", 400),
        ("Content-Length: 0", "Content-Length: 10", 400),
        ("Content-Length: 0", "m=audio 40000 RTP/AVP 0\r\nContent-Length: 0", 400),
        ("Content-Length: 0", "Content-Length: -1", 400),
        ("Content-Length: 0", "Content-Length: zero", 400),
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
