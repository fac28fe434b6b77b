"""SRTP on customers' legs, RTP to carriers: keys in the description, audio that is decrypted and listened to."""

import re

import pytest

from scenarios.encrypting import answered_in, answered_out, dial_out, latin_1, talk
from scenarios.parties import CUSTOMER, forgotten, inbound, one, relayed, to
from trunkline.sandbox import codecs, sdp
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_a_pbx_with_srtp_calls_a_carrier_without(edge, agent):
    call, carrier = await dial_out(edge, agent)
    incoming = await carrier.next_call()
    assert sdp.parse(incoming.request.body).profile == "RTP/AVP"
    assert b"crypto" not in incoming.request.body
    await incoming.answer()
    answered = sdp.parse((await call.final()).body)
    assert (answered.profile, len(answered.keys)) == ("RTP/SAVP", 1)
    await talk(call, incoming)
    call.audio.dial("19#")
    await incoming.audio.until(lambda: incoming.audio.digits == "19#", 30, "the digits")
    await call.bye()


@pytest.mark.parametrize(("codec", "other"), [("G722", "PCMA"), ("G729", "PCMU"), ("speex", "G729"), ("iLBC", "iLBC")])
async def test_srtp_of_one_codec_and_rtp_of_another(edge, agent, codec, other):
    events = (sdp.EVENT, f"{sdp.EVENT}/16000")
    call, carrier = await dial_out(edge, agent, codecs=(codec, *events))
    incoming = await carrier.next_call()
    incoming.codecs = carrier.codecs = (other, *events)
    try:
        await incoming.answer()
    except sdp.SdpError:
        incoming = await carrier.next_call()
        await incoming.answer()
    await call.final()
    assert (call.remote_audio.codec.name, incoming.audio._codec.name) == (codec, other)
    await talk(call, incoming, codecs.ILBC_TONE if other == "iLBC" else 600)
    call.audio.dial("19#")
    await incoming.audio.until(lambda: incoming.audio.digits == "19#", 30, "the digits")
    await call.bye()


@pytest.mark.parametrize("setting", ["accepted", "offered", "required"])
@pytest.mark.parametrize("media", ["", "rtp", "srtp"])
async def test_what_a_pbx_is_offered(edge, agent, setting, media):
    pbx = await agent(name="pbx")
    account = edge.account(srtp=setting)
    scene = await inbound(edge, agent, to(pbx, **({"media": media} if media else {})), account=account)
    call = await scene.dial()
    incoming = await pbx.next_call()
    secure = media == "srtp" or setting == "required" or (setting == "offered" and not media)
    offered = sdp.parse(incoming.request.body)
    assert (offered.profile, len(offered.keys)) == (("RTP/SAVP", 1) if secure else ("RTP/AVP", 0))
    await incoming.answer()
    assert sdp.parse((await call.final()).body).profile == "RTP/AVP"
    await talk(call, incoming)
    await call.bye()
    assert one(await scene.events("end"), "attempt").get("media") == ("srtp" if secure else None)


@pytest.mark.parametrize("order", ["srtp,rtp", "rtp,srtp", "srtp,srtp", "srtp,rtp,srtp"])
async def test_each_target_gets_a_key_of_its_own(edge, agent, order):
    targets = [(await agent(name=f"target{n}"), media) for n, media in enumerate(order.split(","))]
    scene = await inbound(edge, agent, ",".join(to(target, media=media) for target, media in targets))
    call = await scene.dial()
    keys = []
    for n, (target, media) in enumerate(targets, 1):
        incoming = await target.next_call()
        offered = sdp.parse(incoming.request.body)
        assert offered.is_secure == (media == "srtp")
        keys += [key for _, key in offered.keys]
        if n < len(targets):
            await incoming.open_audio()
            incoming.audio.play(500 + 100 * n)
            await incoming.ring(183, body=AUTO)
            await call.audio.hear(500 + 100 * n)
            incoming.refuse(503)
    assert len(set(keys)) == len(keys) == order.count("srtp")
    await incoming.answer()
    await call.final()
    await talk(call, incoming)
    await call.bye()
    await scene.events("end")
    await forgotten(edge, call)


async def test_two_pbxs_with_tls_and_srtp(edge, agent):
    """As it should be: keys that nobody on the way can read."""
    near, first, second = [await agent("tls", name=name) for name in ("near", "first", "second")]
    near.srtp = True
    key = edge.key(edge.account(srtp="required"))
    number = edge.number(f"{to(first)},{to(second)}", edge.account(srtp="required"))
    call = await near.dial(edge.uri(number), edge.tls, caller=CUSTOMER, user=key.name, secret=key.secret)
    (await first.next_call()).refuse(503)
    incoming = await second.next_call()
    await incoming.answer()
    await call.final()
    await talk(call, incoming)
    assert (await incoming.reinvite()).code == 200
    await talk(call, incoming)
    await call.bye()
    events = await edge.events("end", called=number)
    assert (one(events, "setup")["source"][:4], one(events, "setup")["media"]) == ("tls:", "srtp")
    attempts = [(e["address"][:4], e["media"]) for e in events if e["event"] == "attempt"]
    assert attempts == [("tls:", "srtp")] * 2


async def test_targets_that_all_refuse_hold_no_ports(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, media='srtp')},{to(second, media='srtp')}")
    call = await scene.dial()
    for target in (first, second):
        incoming = await target.next_call()
        assert call.call_id in relayed(edge)
        incoming.refuse(503)
    await call.final()
    await scene.events("finish")
    await forgotten(edge, call)


async def test_early_audio_by_a_reliable_183_and_an_update_before_the_answer(edge, agent):
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx, media="srtp"))
    call = await scene.dial()
    incoming = await pbx.next_call()
    await incoming.ring(183, body=AUTO, reliable=True)
    await talk(call, incoming)
    for side in (incoming, call):
        assert (await side.update()).code == 200
        assert (call.remote_audio.is_secure, incoming.remote_audio.is_secure) == (False, True)
    call.audio.forget()
    incoming.audio.forget()
    await talk(call, incoming)
    await incoming.answer(body=None)
    assert (await call.final()).code == 200
    await talk(call, incoming)
    await call.bye()
    await scene.events("end")


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_pbx_that_has_to_make_the_offer_makes_one_of_srtp(edge, agent, keeps):
    pbx = await agent(name="pbx")
    pbx.srtp = keeps
    scene = await inbound(edge, agent, to(pbx, media="srtp"))
    call = await scene.dial(sdp=None)
    incoming = await pbx.next_call()
    await incoming.answer()
    response = await call.final()
    if keeps:
        assert not sdp.parse(response.body).is_secure
        await incoming.confirmed()
        await talk(call, incoming)
        await call.bye()
        await scene.events("end")
    else:
        assert b"m=audio 0 " in response.body
        assert one(await scene.events("end"), "end")["by"] == "edge"
        await forgotten(edge, call)


@pytest.mark.parametrize("side", ["near", "far"])
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_each_leg_keeps_its_profile(edge, agent, direction, side):
    near, far = await (answered_in if direction == "in" else answered_out)(edge, agent)
    actor = {"near": near, "far": far}[side]
    for held in ("sendonly", "sendrecv"):
        assert (await actor.reinvite(held)).code == 200
        assert sdp.parse(near.local_sdp).is_secure == near.remote_audio.is_secure == (direction == "out")
        assert sdp.parse(far.local_sdp).is_secure == far.remote_audio.is_secure == (direction == "in")
    assert (await actor.update()).code == 200
    near.audio.forget()
    far.audio.forget()
    await talk(near, far)
    await near.bye()


@pytest.mark.parametrize("side", ["near", "far"])
async def test_a_reinvite_keeps_the_profiles_when_the_relay_has_forgotten_them(own_edge, agent, side):
    edge = own_edge()
    near, far = await answered_in(edge, agent)
    edge.kill("rtpengine")
    edge.start_engine("rtpengine")
    edge.wait_ready()
    assert (await {"near": near, "far": far}[side].reinvite()).code == 200
    assert (near.remote_audio.is_secure, far.remote_audio.is_secure) == (False, True)
    far.audio.undecipherable = 0  # the relay's new key may have been in use before its description was here
    near.audio.forget()
    far.audio.forget()
    await talk(near, far)
    await near.bye()


@pytest.mark.parametrize("side", ["near", "far"])
async def test_an_offer_that_changes_the_profile_is_refused_and_the_call_goes_on(edge, agent, side):
    near, far = await answered_in(edge, agent)
    actor, other = (near, far) if side == "near" else (far, near)
    actor.srtp = not sdp.parse(actor.local_sdp).is_secure
    response = await actor.reinvite()
    assert response.code == 488
    assert ("RTP/AVP" if side == "near" else "RTP/SAVP") in response.warning
    assert not [request for request in other.requests if request.method == "INVITE"]
    await talk(near, far)
    await near.bye()


async def test_an_account_that_requires_srtp_cannot_call_without(edge, agent):
    account = edge.account(srtp="required")
    call, carrier = await dial_out(edge, agent, account, srtp=False)
    assert (await call.final()).code == 488
    assert "requires SRTP" in call.warning
    assert "AES_CM_128_HMAC_SHA1_80" in call.warning
    call, carrier = await dial_out(edge, agent, account, srtp=False, edit=latin_1)
    assert (await call.final()).code == 488
    assert one(edge.call_events(warning=call.warning), "reject")
    assert not carrier.calls


def plain_first(request):
    """The same audio as RTP in a stream of its own, before that of SRTP: so some PBXs offer both."""
    head, audio, stream = request.body.partition(b"m=audio ")
    if b"m=audio " in stream:  # it is sent again, with credentials
        return
    plain = re.sub(rb"a=crypto.*\r\n", b"", stream.replace(b"RTP/SAVP", b"RTP/AVP"))
    request.body = head + audio + plain + audio + stream


@pytest.mark.parametrize("setting", ["accepted", "required"])
async def test_of_rtp_and_srtp_in_two_streams_the_account_decides(edge, agent, setting):
    secure = setting == "required"
    call, carrier = await dial_out(edge, agent, edge.account(srtp=setting), edit=plain_first)
    incoming = await carrier.next_call()
    assert incoming.request.body.count(b"m=audio ") == 2
    await incoming.answer()
    answered = (await call.final()).body
    ports = [int(port) for port in re.findall(rb"m=audio (\d+)", answered)]
    assert [port > 0 for port in ports] == [not secure, secure]
    assert sdp.parse(answered).is_secure == secure
    await talk(call, incoming)
    await call.bye()


@pytest.mark.parametrize("setting", ["accepted", "offered", "required"])
async def test_without_an_offer_the_account_decides(edge, agent, setting):
    call, carrier = await dial_out(edge, agent, edge.account(srtp=setting), sdp=None)
    incoming = await carrier.next_call()
    await incoming.answer()
    response = await call.final()
    assert sdp.parse(response.body).is_secure == (setting != "accepted")
    assert not sdp.parse((await incoming.confirmed()).body).is_secure
    await talk(call, incoming)
    await call.bye()


async def test_two_pbxs_with_srtp_talk(edge, agent):
    near, far = await agent(name="near"), await agent(name="far")
    near.srtp = True
    number = edge.number(to(far, media="srtp"))
    key = edge.key()
    call = await near.dial(edge.uri(number), edge.udp, caller=CUSTOMER, user=key.name, secret=key.secret)
    incoming = await far.next_call()
    await incoming.answer()
    await call.final()
    await talk(call, incoming)
    assert (await incoming.reinvite()).code == 200
    assert (await call.reinvite()).code == 200
    await talk(call, incoming)
    await call.bye()
