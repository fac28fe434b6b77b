"""*Forward to SIP*: which addresses a target has, by which transport, and those that cannot be reached."""

import asyncio
import time

import pytest

from scenarios.parties import answered_by, failures, inbound, one, refused, to
from trunkline.edge.plan import MOST_ATTEMPTS
from trunkline.sandbox.certificate import self_signed

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_refused_connection_goes_on_at_once(edge, agent, transport):
    second, nobody = await agent(name="second"), agent.address()
    scene = await inbound(edge, agent, f"sip:1@{nobody}:5099;transport={transport},{to(second)}")
    started = time.monotonic()
    await answered_by(second, call := await scene.dial())
    assert time.monotonic() - started < 4  # its timeout is 5
    assert failures(await scene.events("end")) == [(1, "transport", None)]
    assert [r.code for r in call.responses] == [100, 200]


@pytest.mark.parametrize("talk", [b"", b"220 mail.example ESMTP\r\n"])
async def test_a_tls_peer_that_talks_no_tls_costs_its_timeout(edge, agent, talk):
    second, nonsense = await agent(name="second"), agent.address()

    async def serve(reader, writer):
        writer.write(talk)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, nonsense, 0)
    port = server.sockets[0].getsockname()[1]
    scene = await inbound(edge, agent, f"sip:1@{nonsense}:{port};transport=tls;timeout=2000,{to(second)}")
    started = time.monotonic()
    await answered_by(second, await scene.dial())
    assert time.monotonic() - started < 4.5
    (failure,) = failures(await scene.events("end"))
    assert failure[1] in ("silence", "transport")
    server.close()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_connection_that_is_closed_without_an_answer_is_called_that(edge, agent, transport):
    """As by a TLS server that wants another version or a certificate, and by what is no SIP at all."""

    async def close(reader, writer):
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(close, nonsense := agent.address(), 0)
    port = server.sockets[0].getsockname()[1]
    scene = await inbound(edge, agent, f"sip:1@{nonsense}:{port};transport={transport};timeout=2000")
    await refused(await scene.dial(), 480, "attempt 1: the connection ended without a response")
    assert failures(await scene.events("finish")) == [(1, "transport", None)]
    server.close()


async def test_a_name_that_does_not_resolve_goes_on_at_once(edge, agent):
    second = await agent(name="second")
    edge.resolution("gone.example", [], problem="gone.example does not exist")
    scene = await inbound(edge, agent, f"sip:1@gone.example,sip:2@never-asked.example,{to(second)}")
    started = time.monotonic()
    await answered_by(second, await scene.dial())
    assert time.monotonic() - started < 4
    events = await scene.events("end")
    assert failures(events) == [(1, "dns", None), (2, "dns", None)]
    assert [e["reason"] for e in events if e["event"] == "failed"][0] == "gone.example does not exist"


async def test_nothing_to_reach_is_480_in_words(edge, agent):
    edge.resolution("gone.example", [], problem="gone.example does not exist")
    nobody = agent.address()
    scene = await inbound(edge, agent, f"sip:1@gone.example,sip:1@{nobody}:5099;transport=tcp")
    call = await refused(await scene.dial(), 480, "Forward to SIP")
    assert nobody not in call.warning
    assert "gone.example" not in call.warning
    events = await scene.events("finish")
    assert failures(events) == [(1, "dns", None), (2, "transport", None)]
    assert one(events, "finish")["warning"] == call.warning


async def test_a_call_makes_as_many_attempts_as_the_engine_can(edge, agent):
    nobody = agent.address()
    for name in ("most.example", "more.example"):
        edge.resolution(name, [[nobody, 5099, place, 0] for place in range(20)], transport="tcp")
    scene = await inbound(edge, agent, "sip:1@most.example;transport=tcp,sip:1@more.example;transport=tcp")
    await refused(await scene.dial(), 480, "Forward to SIP")
    assert len(failures(await scene.events("finish"))) == MOST_ATTEMPTS


async def test_addresses_of_one_name_share_its_timeout(edge, agent):
    dead = [await agent(name=f"dead{n}") for n in range(4)]
    second = await agent(name="second")
    edge.resolution("four.example", [[a.address, a.port(), place, 0] for place, a in enumerate(dead)])
    scene = await inbound(edge, agent, f"sip:1@four.example;timeout=2000,{to(second)}")
    call = await scene.dial()
    await dead[0].next_call()
    started = time.monotonic()
    await answered_by(second, call)
    assert 1.5 <= time.monotonic() - started < 5  # 8 if each had all of it
    for silent in dead[1:]:
        await silent.next_call(timeout=0.1)
    events = await scene.events("end")
    assert [e["address"] for e in events if e["event"] == "attempt"] == [
        f"udp:{a.address}:{a.port()}" for a in (*dead, second)
    ]


async def test_a_503_of_one_address_goes_to_the_next_of_the_name(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    edge.resolution("two.example", [[a.address, a.port(), n, 0] for n, a in enumerate((first, second))], port=5070)
    scene = await inbound(edge, agent, "sip:7@two.example:5070;timeout=3000")
    call = await scene.dial()
    (await first.next_call()).refuse(503)
    incoming = await answered_by(second, call)
    assert incoming.request.uri == "sip:7@two.example:5070"
    await scene.events("end")


async def test_one_that_rang_has_taken_no_time_of_the_next_address(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    edge.resolution("rings.example", [[a.address, a.port(), n, 0] for n, a in enumerate((first, second))])
    scene = await inbound(edge, agent, "sip:7@rings.example;timeout=2000")
    call = await scene.dial()
    rings = await first.next_call()
    await rings.ring()
    await asyncio.sleep(2.2)
    rings.refuse(503)
    incoming = await second.next_call()
    await asyncio.sleep(1)
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    assert failures(await scene.events("end")) == [(1, "reply", 503)]


async def test_tls_goes_to_5061_unless_a_port_is_given(edge, agent):
    address = agent.address()
    pbx = await agent("tls", address=address, tls_port=5061, tls=self_signed(address), name="pbx")
    scene = await inbound(edge, agent, f"sip:1@{address};transport=tls")
    incoming = await answered_by(pbx, await scene.dial())
    assert incoming.transaction.flow.remote.transport == "tls"
    events = await scene.events("end")
    assert one(events, "attempt")["address"] == f"tls:{address}:5061"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_the_transport_asked_for_is_used(edge, agent, transport):
    pbx = await agent(transport, name="pbx")
    scene = await inbound(edge, agent, to(pbx))
    incoming = await answered_by(pbx, await scene.dial())
    assert incoming.transaction.flow.remote.transport == transport
    await scene.events("end")
