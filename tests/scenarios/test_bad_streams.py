"""TCP and TLS: bytes that are no messages, messages in parts, and those that are too long."""

import asyncio

import pytest

from harness import placing
from harness.polling import until
from scenarios.raw import plain, still_works

pytestmark = pytest.mark.engines


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


async def test_a_hundred_broken_connections_leave_the_service_well(edge, agent):
    async def half(n):
        reader, writer = await asyncio.open_connection(edge.address, (edge.tcp if n % 2 else edge.tls).port)
        writer.write(b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/TCP")
        await writer.drain()
        writer.transport.abort()

    await asyncio.gather(*(half(n) for n in range(100)))
    for transport in ("udp", "tcp", "tls"):
        await still_works(edge, await agent(transport))
