"""Audio is always anchored here: offered afresh to each target, transcoded where it must be, and let go at the end."""

import time

import pytest

from scenarios.parties import failures, forgotten, inbound, kinds, one, relayed, ringing_in, talking, to
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_each_target_gets_an_offer_of_its_own(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    failing = await first.next_call()
    await failing.open_audio()
    failing.audio.play(700)
    await failing.ring(183, body=AUTO)
    await call.provisional(183)
    await call.audio.hear(700)
    failing.refuse(503)

    incoming = await second.next_call()
    offered = sdp.parse(incoming.request.body)
    assert offered.address == edge.address
    assert {p.name for p in offered.payloads} >= {"PCMA", "PCMU", "telephone-event"}
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await call.bye()
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "failed", "attempt", "answer", "end"]
    await forgotten(edge, call)


@pytest.mark.parametrize(("caller", "callee"), [("PCMA", "PCMU"), ("PCMU", "PCMA"), ("PCMA", "PCMA")])
async def test_sides_that_share_no_codec_hear_each_other(edge, agent, caller, callee):
    pbx = await agent(name="pbx")
    pbx.codecs = (callee, "telephone-event")
    scene = await inbound(edge, agent, to(pbx))
    call = await scene.dial(codecs=(caller, "telephone-event"))
    incoming = await pbx.next_call()
    await incoming.answer()
    assert sdp.parse((await call.final()).body).codec.name == caller
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    call.audio.dial("19#")
    await incoming.audio.until(lambda: incoming.audio.digits == "19#", 30, "the digits")
    await call.bye()
    await scene.events("end")


async def test_a_caller_without_a_codec_of_ours_is_told(edge, agent):
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx))
    body = (
        sdp.offer("127.0.0.1", 4000)
        .replace(b"8 0 101", b"96")
        .replace(b"rtpmap:8 PCMA/8000", b"rtpmap:96 opus/48000/2")
    )
    call = await scene.dial(sdp=body)
    assert (await call.final()).code == 488
    assert "PCMA" in call.warning
    finished = edge.call_events(called=scene.number)
    assert one(finished, "reject")["warning"] == call.warning


async def test_an_offer_may_hold_any_bytes(edge, agent):
    def edit(request):
        request.body = request.body.replace(b"s=-", b"s=B\xfcro")

    pair = await ringing_in(edge, agent, edit=edit)
    assert sdp.parse(pair.far.request.body).address == edge.address
    await pair.far.open_audio()
    await pair.far.answer(pair.far.take_offer(pair.far.request.body).replace(b"s=-", b"s=\xe4\xff"))
    response = await pair.near.final()
    assert sdp.parse(response.body).address == edge.address
    assert b"\xe4" not in response.body
    await pair.talk()
    await pair.near.bye()
    await pair.events("end")


@pytest.mark.parametrize("offerer", ["caller", "callee"])
@pytest.mark.parametrize("code", [404, 486, 503, 603])
async def test_a_refused_call_holds_no_ports(edge, agent, code, offerer):
    pair = await ringing_in(edge, agent, **{"sdp": None} if offerer == "callee" else {})
    if offerer == "callee":
        await pair.far.open_audio()
        await pair.far.ring(183, body=pair.far.make_offer())
        await pair.near.provisional(183)
    assert pair.near.call_id in relayed(edge)
    pair.far.refuse(code)
    await pair.near.final()
    await pair.events("finish")
    await forgotten(edge, pair.near)


async def test_an_unreachable_target_holds_no_ports(edge, agent):
    nobody = agent.address()
    scene = await inbound(edge, agent, f"sip:1@{nobody}:5099;transport=tcp")
    call = await scene.dial()
    assert (await call.final()).code == 480
    assert failures(await scene.events("finish")) == [(1, "transport", None)]
    assert call.call_id not in relayed(edge)


async def test_without_a_relay_calls_are_refused_and_with_one_they_work_at_once(own_edge, agent):
    edge = own_edge()
    during = await talking(edge, agent)
    edge.kill("rtpengine")

    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, f"{to(pbx)},{to(pbx)}")
    started = time.monotonic()
    call = await scene.dial()
    assert (await call.final()).code == 503
    assert "media relay" in call.warning
    assert time.monotonic() - started < 5
    events = await scene.events("finish")
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]
    assert failures(events) == [(1, "media", None)]
    assert one(events, "finish")["warning"] == call.warning
    assert not pbx.requests

    assert (await during.near.bye()).code == 200
    await during.far.hung_up()
    await during.events("end")

    edge.start_engine("rtpengine")
    edge.wait_ready()
    call = await scene.dial()
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    await incoming.audio.hear(440)
    await call.bye()


async def test_a_reinvite_brings_audio_back_after_the_relay_died(own_edge, agent):
    edge = own_edge()
    pair = await talking(edge, agent)
    await pair.talk()
    edge.kill("rtpengine")
    edge.start_engine("rtpengine")
    edge.wait_ready()
    assert (await pair.near.reinvite()).code == 200
    pair.near.audio.forget()
    pair.far.audio.forget()
    await pair.talk()
    await pair.near.bye()
    await pair.events("end")
