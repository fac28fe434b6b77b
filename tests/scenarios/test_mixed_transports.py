"""Each side has its own transport, and later requests find their way in both directions."""

import asyncio

import pytest

from harness.node import eventually
from scenarios.parties import RINGING, connected, inbound, kinds, one, talking, to
from trunkline.contract.endings import UNHEARD

pytestmark = pytest.mark.engines

MIXES = [("udp", "tcp"), ("udp", "tls"), ("tcp", "udp"), ("tls", "udp"), ("tcp", "tls"), ("tls", "tcp"), ("tls", "tls")]


@pytest.mark.parametrize(("caller", "callee"), MIXES)
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_requests_within_a_call_go_both_ways(edge, agent, direction, caller, callee):
    pair = await talking(edge, agent, direction, caller, callee)
    assert pair.far.transaction.flow.remote.transport == callee
    await pair.talk()
    assert (await pair.near.reinvite("sendonly")).code == 200
    assert (await pair.far.reinvite("sendrecv")).code == 200
    assert (await pair.near.info(b"Signal=1\r\n")).code == 200
    assert (await pair.far.info(b"Signal=1\r\n")).code == 200
    ender, other = (pair.near, pair.far) if caller == "tls" else (pair.far, pair.near)
    assert (await ender.bye()).code == 200
    await other.hung_up()
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "answer", "end"]
    setup = one(events, "setup")
    assert setup["source"].startswith(f"{caller}:{pair.near.agent.address}:")


@pytest.mark.parametrize(("caller", "callee"), [("udp", "udp"), ("tcp", "udp"), ("udp", "tls")])
async def test_a_large_invite_arrives_whole(edge, agent, caller, callee):
    padding = "".join(f"a=fmtp:101 0-{n % 16}\r\n" for n in range(150)).encode()

    def edit(request):
        if request.body and len(request.body) < 1000:
            request.body += padding

    pair = await RINGING["in"](edge, agent, caller, callee, edit=edit)
    assert len(bytes(pair.near.request)) > 3000
    assert pair.far.request.body.count(b"a=") >= 3
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    await pair.near.bye()
    await pair.events("end")


async def test_a_call_fails_over_from_one_transport_to_another(edge, agent):
    targets = [await agent(transport, name=transport) for transport in ("tls", "tcp", "udp")]
    scene = await inbound(edge, agent, ",".join(map(to, targets)), transport="tls")
    call = await scene.dial()
    for target in targets[:2]:
        (await target.next_call()).refuse(500)
    incoming = await targets[2].next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await incoming.bye()
    await call.hung_up()
    events = await scene.events("end")
    assert [e["address"].partition(":")[0] for e in events if e["event"] == "attempt"] == ["tls", "tcp", "udp"]
    assert one(events, "end")["by"] == "callee"


@pytest.mark.parametrize("caller", ["tcp", "tls"])
async def test_a_party_whose_connection_is_gone_is_told_of_in_words(edge, agent, caller):
    """And that takes none, as behind a NAT."""
    pair = await talking(edge, agent, "out", caller, "udp")
    pair.near.agent.stop_listening()
    pair.near.agent.drop_connections()
    await eventually(lambda: not connected(edge, pair.near.agent))
    for method in ("INFO", "UPDATE", "BYE", "BYE"):
        response = await pair.far.send(method)
        assert (response.code, response.reason) == (480, "Temporarily Unavailable")
        assert "its connection is gone" in response.warning
    unheard = lambda: edge.journal(event="end", by="edge", reason=UNHEARD, call=ended["call"])  # noqa: E731
    ended = next(event for event in await pair.events("end") if event["event"] == "end")
    assert ended["by"] == "callee"
    assert len(unheard()) == 1


@pytest.mark.parametrize("order", [("tcp", "tls"), ("tls", "tcp")])
async def test_a_connection_of_one_transport_serves_no_other(edge, agent, order):
    """Each URI is tried as it says, also where the port was just tried by another transport; and from our address."""
    began = {b"I": "tcp", b"\x16": "tls"}  # INVITE, and a TLS handshake (RFC 8446 §5.1)
    mute, heard = agent.address(), []

    async def listen(reader, writer):
        heard.append((writer.get_extra_info("peername")[0], began[await reader.read(1)]))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, mute, 0)
    port = server.sockets[0].getsockname()[1]
    forward = ",".join(f"sip:1@{mute}:{port};transport={transport};timeout=2000" for transport in order)
    scene = await inbound(edge, agent, forward)
    assert (await (await scene.dial()).final()).code == 486
    assert heard == [(edge.address, transport) for transport in order]
    await scene.events("finish")
    server.close()
