"""SRTP with a user agent that shares no code with us: baresip, which sends back what it decrypts."""

import pytest

from harness.node import eventually
from harness.peers import Baresip
from scenarios.parties import inbound, one
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("profile", ["srtp-mand", "srtp-mandf"])  # RTP/SAVP, RTP/SAVPF
async def test_baresip_calls_with_srtp(edge, agent, profile):
    carrier, address = await agent(name="carrier"), agent.address()
    edge.account(srtp="required", sources=(address,))
    number = edge.route(edge.carrier(carrier.address, carrier.port())) + "001"
    parameters = f';mediaenc={profile};outbound="sip:{edge.udp.host}:{edge.udp.port}"'
    async with Baresip.run(address, user="+447700900000", parameters=parameters) as baresip:
        baresip.command("dial", edge.uri(f"+{number}"))
        incoming = await carrier.next_call()
        assert sdp.parse(incoming.request.body).profile == "RTP/AVP"
        await incoming.answer()
        await baresip.event("CALL_ESTABLISHED")
        incoming.audio.play(600)
        await incoming.audio.hear(600)
        assert (await incoming.reinvite()).code == 200
        incoming.audio.forget()
        await incoming.audio.hear(600)
        baresip.command("hangup")
        await incoming.hung_up()
    assert one(await edge.events("end", called=number), "setup")["media"] == "srtp"


@pytest.mark.parametrize("encryption", ["srtp-mand", "none"])
async def test_baresip_is_called_with_srtp(own_edge, agent, encryption):
    edge = own_edge(auth={"sha256": False})  # it gives up at an algorithm that it does not know
    key = edge.key(edge.account(srtp="offered"))
    parameters = (
        f";auth_user={key.name};auth_pass={key.secret};regint=60;answermode=auto"
        f';outbound="sip:{edge.udp.host}:{edge.udp.port}"'
    )
    parameters += "" if encryption == "none" else f";mediaenc={encryption}"
    async with Baresip.run(agent.address(), parameters=parameters) as baresip:
        await eventually(lambda: baresip.is_registered, what="baresip is registered")
        scene = await inbound(edge, agent, edge.uri(key.name), account=key.account_id)
        call = await scene.dial()
        if encryption == "none":
            assert (await call.final()).code == 488  # what it says to an offer that it cannot take (RFC 3261 §21.4.26)
            return
        assert (await call.final()).code == 200
        call.audio.play(600)
        await call.audio.hear(600)
        assert (await call.reinvite()).code == 200
        call.audio.forget()
        await call.audio.hear(600)
        await call.bye()
        await scene.events("end")
