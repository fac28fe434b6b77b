"""Nobody has us stream to a third party: media goes where a PBX's SIP or audio comes from, not where its SDP says."""

import asyncio
import re

import pytest

from scenarios.parties import CUSTOMER, Pair, inbound, to
from trunkline.sandbox import sdp
from trunkline.sandbox.rtp import RtpSession

pytestmark = pytest.mark.engines

LISTENED = 0.6  # s of an answered call's audio


async def victim_of(agent):
    """Somebody who has nothing to do with it, and counts what comes."""
    return await RtpSession.open(agent.address())


def naming(victim, body):
    """A description that names the victim's address and port."""
    host, port = victim.address
    body = re.sub(rb"IN IP4 \S+", b"IN IP4 " + host.encode(), body)
    return re.sub(rb"m=audio \d+", b"m=audio %d" % port, body)


async def calling(edge, agent, pbx, **options):
    """A PBX of a customer calls a carrier that plays a tone."""
    key, carrier = edge.key(), await agent(name="carrier")
    called = edge.route(edge.carrier(carrier.address, carrier.port())) + "001"
    options = {"caller": CUSTOMER, "user": key.name, "secret": key.secret} | options
    near = await pbx.dial(edge.uri(f"+{called}"), edge.udp, **options)
    far = await carrier.next_call()
    await far.open_audio()
    far.audio.play(600)
    return Pair(near, far, edge, called)


async def quiet(victim, sender):
    """The sender's audio goes on for a while, and the victim gets none of it."""
    sent = sender.audio.sent
    await asyncio.wait_for(flowing(sender, sent + LISTENED / 0.02), 30)
    assert victim.received == 0


async def flowing(sender, packets):
    while sender.audio.sent < packets:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("early", [False, True])
async def test_a_caller_that_names_a_third_party(edge, agent, early):
    victim, pbx = await victim_of(agent), await agent(name="pbx")

    def edit(request):
        request.body = naming(victim, request.body)

    pair = await calling(edge, agent, pbx, edit=edit)
    pair.near.audio.mute()
    if early:
        await pair.far.ring(183, body=pair.far.take_offer(pair.far.request.body))
        await quiet(victim, pair.far)
    await pair.far.answer()
    await pair.near.final()
    await quiet(victim, pair.far)
    pair.near.audio.play(440)  # audio of its own is where it shall be sent
    await pair.talk()
    assert victim.received == 0
    await pair.near.bye()
    await pair.events("end")
    victim.close()


async def test_a_callee_that_names_a_third_party(edge, agent):
    victim, pbx = await victim_of(agent), await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx))
    call = await scene.dial()
    call.audio.play(440)
    incoming = await pbx.next_call()
    await incoming.open_audio()
    answer = incoming.take_offer(incoming.request.body)
    incoming.audio.mute()
    await incoming.answer(naming(victim, answer))
    await call.final()
    await quiet(victim, call)
    await Pair(call, incoming, edge, scene.number).talk()
    assert victim.received == 0
    await call.bye()
    await scene.events("end")
    victim.close()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_a_pbx_that_names_a_third_party_later(edge, agent, who, method):
    victim, pbx = await victim_of(agent), await agent(name="pbx")
    if who == "caller":
        pair = await calling(edge, agent, pbx)
        bad, good = pair.near, pair.far
    else:
        scene = await inbound(edge, agent, to(pbx))
        near = await scene.dial()
        pair = Pair(near, await pbx.next_call(), edge, scene.number)
        bad, good = pair.far, pair.near
    await pair.far.answer()
    await pair.near.final()
    await pair.talk()
    bad.audio.mute()
    response = await bad.send(method, naming(victim, bad.make_offer()), [("Content-Type", sdp.TYPE)])
    assert response.code == 200
    await quiet(victim, good)
    await pair.near.bye()
    await pair.events("end")
    victim.close()


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_a_pbx_whose_audio_has_another_address_is_heard_and_hears(edge, agent, who):
    pbx = await agent(name="pbx")
    pbx.media_address = agent.address()
    if who == "caller":
        pair = await calling(edge, agent, pbx)
    else:
        scene = await inbound(edge, agent, to(pbx))
        near = await scene.dial()
        pair = Pair(near, await pbx.next_call(), edge, scene.number)
    await pair.far.answer()
    await pair.near.final()
    await pair.talk()
    for call in (pair.near, pair.far, pair.near):
        assert (await call.reinvite()).code == 200
        pair.near.audio.forget()
        pair.far.audio.forget()
        await pair.talk()
    await pair.near.bye()
    await pair.events("end")


@pytest.mark.parametrize("direction", ["sendrecv", "inactive"])
async def test_a_pbx_whose_audio_has_another_address_hears_at_once_after_a_hold_at_no_address(edge, agent, direction):
    """RFC 2543's hold (CUCM's has `inactive` with it). The relay sent to where the SIP comes from for three seconds, as
    if the audio had gone from there to another place and back."""
    pbx = await agent(name="pbx")
    pbx.media_address = agent.address()
    pair = await calling(edge, agent, pbx)
    await pair.far.answer()
    await pair.near.final()
    await pair.talk()
    pair.near.audio.mute()
    body = re.sub(rb"c=IN IP4 \S+", b"c=IN IP4 0.0.0.0", pair.near.make_offer(direction))
    assert (await pair.near.send("INVITE", body, [("Content-Type", sdp.TYPE)])).code == 200
    await pair.near.audio.hear_silence()
    nobody = await RtpSession.open(pbx.address, pair.near.audio.address[1])
    assert (await pair.near.reinvite()).code == 200
    await pair.talk()
    await pair.near.bye()
    nobody.close()
    assert nobody.received == 0


async def test_a_carrier_whose_audio_has_another_address_gets_it_before_it_sends_any(edge, agent):
    """Its session border controller may wait for ours to know where we are."""
    pbx, key = await agent(name="pbx"), edge.key()
    carrier = await agent(name="carrier")
    carrier.media_address = agent.address()
    called = edge.route(edge.carrier(carrier.address, carrier.port())) + "001"
    near = await pbx.dial(edge.uri(f"+{called}"), edge.udp, caller=CUSTOMER, user=key.name, secret=key.secret)
    far = await carrier.next_call()
    await far.open_audio()
    far.audio.mute()
    await far.answer()
    await near.final()
    near.audio.play(440)
    await far.audio.hear(440)
    await near.bye()
    await edge.events("end", called=called)
