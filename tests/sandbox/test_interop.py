"""The user agent against SIPp and baresip, which share no code with it."""

import asyncio

import pytest

from harness.peers import Baresip, free_port, sipp
from trunkline.sandbox import carrier
from trunkline.sandbox.message import Address

pytestmark = pytest.mark.engines

SIPP_TRANSPORTS = pytest.mark.parametrize(("transport", "option"), [("udp", "u1"), ("tcp", "t1")])


@SIPP_TRANSPORTS
async def test_sipp_calls(agent, transport, option):
    callee, address = await agent(transport), agent.address()

    async def answer(call):
        await call.ring()
        await call.answer()

    callee.on_call = answer
    target = f"{callee.address}:{callee.port()}"
    arguments = ("-sn", "uac", target, "-m", "5", "-r", "20", "-t", option)
    async with sipp(*arguments, address=address, port=free_port(address)) as done:
        await done()
    assert [request.method for call in callee.calls.values() for request in call.requests] == ["ACK", "BYE"] * 5


@SIPP_TRANSPORTS
async def test_sipp_answers(agent, transport, option):
    caller, address = await agent(transport), agent.address()
    port = free_port(address)
    async with sipp("-sn", "uas", "-m", "1", "-t", option, address=address, port=port) as done:
        if transport == "tcp":
            await listening(address, port)
        call = await caller.invite(f"sip:service@{address}:{port};transport={transport}")
        assert [r.code for r in call.responses] == [180, 200]
        assert (await call.bye()).code == 200
        await done()


async def test_baresip_calls(agent):
    callee, address = await agent(), agent.address()
    async with Baresip.run(address) as baresip:
        baresip.command("dial", f"sip:bob@{callee.address}:{callee.port()}")
        call = await callee.next_call()
        await call.answer()
        await baresip.event("CALL_ESTABLISHED")
        call.audio.play(600)
        await call.audio.hear(600)
        baresip.command("hold")
        await call.next_request("INVITE")
        assert call.remote_audio.direction in ("sendonly", "inactive")
        baresip.command("resume")
        await call.next_request("INVITE")
        assert call.remote_audio.direction == "sendrecv"
        baresip.command("hangup")
        await call.hung_up()


async def test_baresip_hears_ringing(agent):
    callee, address = await agent(), agent.address()
    async with Baresip.run(address) as baresip:
        baresip.command("dial", f"sip:bob@{callee.address}:{callee.port()}")
        call = await callee.next_call()
        await call.ring()
        await baresip.event("CALL_RINGING")
        await call.answer()
        await baresip.event("CALL_ESTABLISHED")
        await call.confirmed()
        await call.bye()
        await baresip.event("CALL_CLOSED")


async def test_baresip_registers_and_answers(agent):
    caller, address = await agent(), agent.address()

    def accept(request):
        response = caller.response(request, 200)
        response.headers += [("Contact", value) for value in request.values("Contact")]
        return response

    caller.on_request = accept
    registrar = f"sip:{caller.address}:{caller.port()}"
    parameters = f';answermode=auto;regint=60;outbound="{registrar}"'
    async with Baresip.run(address, parameters=parameters) as baresip:
        await caller.until(lambda: caller.requests, 30, "a REGISTER")
        # It answers to the user part of its Contact alone.
        contact = Address.parse(caller.requests[0].get("Contact")).uri
        call = await caller.invite(contact)
        assert call.code == 200
        call.audio.play(523)
        await call.audio.hear(523)
        assert (await call.reinvite("sendonly")).code == 200
        assert (await call.reinvite()).code == 200
        await call.bye()
        await baresip.event("CALL_CLOSED")


async def test_baresip_answers_our_challenge(agent):
    test_carrier, address = await agent.carrier(), agent.address()
    credentials = f";auth_user={carrier.USER};auth_pass={carrier.SECRET}"
    async with Baresip.run(address, parameters=credentials) as baresip:
        baresip.command("dial", f"sip:+{carrier.CHALLENGED}@{test_carrier.address}:{test_carrier.port()}")
        await baresip.event("CALL_ESTABLISHED")


async def listening(address: str, port: int) -> None:
    """Wait until somebody accepts connections."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
