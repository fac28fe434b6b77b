"""SRTP on customers' legs, RTP to carriers: keys in the description, audio that is decrypted and listened to."""

import re
from base64 import b64encode

import pytest

from scenarios.parties import CUSTOMER, forgotten, inbound, one, relayed, to
from trunkline.sandbox import sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.rtp import AudioError
from trunkline.sandbox.srtp import new_key

pytestmark = pytest.mark.engines


async def dial_out(edge, agent, account=0, srtp=True, **options):
    """A PBX of an account calls a carrier; the call and the carrier."""
    key, carrier, pbx = edge.key(account or edge.account()), await agent(name="far"), await agent(name="pbx")
    pbx.srtp = srtp
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    options = {"caller": CUSTOMER, "user": key.name, "secret": key.secret} | options
    return await pbx.dial(edge.uri(f"+{prefix}001"), edge.udp, **options), carrier


async def answered_in(edge, agent):
    """A carrier without SRTP talks to a PBX with it."""
    pbx = await agent(name="pbx")
    pbx.srtp = True
    call = await (await inbound(edge, agent, to(pbx, media="srtp"))).dial()
    incoming = await pbx.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    return call, incoming


async def answered_out(edge, agent):
    """A PBX with SRTP talks to a carrier without."""
    call, carrier = await dial_out(edge, agent)
    incoming = await carrier.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    return call, incoming


def latin_1(request):
    request.body = request.body.replace(b"s=-", b"s=B\xfcro")


async def talk(near, far):
    near.audio.play(440)
    far.audio.play(600)
    await far.audio.hear(440)
    await near.audio.hear(600)
    assert near.audio.undecipherable == far.audio.undecipherable == 0


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
    await incoming.audio.until(lambda: incoming.audio.digits == "19#", 3, "the digits")
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


GOOD = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
BAD_OFFERS = {
    "no crypto line": (lambda body: re.sub(rb"a=crypto.*\r\n", b"", body), "without a key"),
    "a short key": (lambda body: re.sub(rb"inline:\S+", b"inline:" + b64encode(bytes(16)), body), "has 16 octets"),
    "a key that is none": (lambda body: re.sub(rb"inline:\S+", b"inline:%%%", body), "cannot be read"),
    "no base64": (lambda body: re.sub(rb"inline:\S+", b"inline:abc", body), "not base64"),
    "other suites only": (lambda body: body.replace(b"SHA1_80", b"SHA1_32"), "AES_CM_128_HMAC_SHA1_80"),
    "no encryption asked": (lambda body: re.sub(rb"(inline:\S+)", rb"\1 UNENCRYPTED_SRTP", body), "UNENCRYPTED_SRTP"),
    "DTLS": (lambda body: body.replace(b"RTP/SAVP", b"UDP/TLS/RTP/SAVP"), "DTLS"),
    "a good line and a bad one": (
        lambda body: body.replace(b"a=ptime", GOOD.encode() + b64encode(bytes(29)) + b"\r\na=ptime"),
        "has 29 octets",
    ),
}


@pytest.mark.parametrize("name", BAD_OFFERS)
async def test_an_offer_whose_srtp_cannot_be_used_is_488_in_words(edge, agent, name):
    change, words = BAD_OFFERS[name]

    def edit(request):
        request.body = change(request.body)

    call, carrier = await dial_out(edge, agent, edit=edit)
    assert (await call.final()).code == 488
    assert words in call.warning
    assert one(edge.call_events(warning=call.warning), "reject")
    assert not carrier.calls


async def test_a_usable_line_among_others_is_taken(edge, agent):
    other = GOOD.replace("1 AES_CM_128_HMAC_SHA1_80", "9 AES_256_CM_HMAC_SHA1_80").encode() + b64encode(bytes(46))

    def edit(request):
        request.body = request.body.replace(b"a=crypto", other + b"\r\na=crypto", 1)

    call, carrier = await dial_out(edge, agent, edit=edit)
    incoming = await carrier.next_call()
    await incoming.answer()
    await call.final()
    await talk(call, incoming)
    await call.bye()


async def test_best_effort_srtp_is_answered_with_a_key(edge, agent):
    """RFC 8643: RTP/AVP with crypto lines."""

    def edit(request):
        request.body = request.body.replace(b"RTP/SAVP", b"RTP/AVP")

    call, carrier = await dial_out(edge, agent, edit=edit)
    incoming = await carrier.next_call()
    await incoming.answer()
    answered = sdp.parse((await call.final()).body)
    assert answered.profile == "RTP/AVP"
    call.audio.secure((call.key, answered.keys[0][1]))
    await talk(call, incoming)
    await call.bye()
    call, _ = await dial_out(edge, agent, edge.account(srtp="required"), edit=edit)
    assert (await call.final()).code == 488


async def test_audio_with_another_key_is_not_heard(edge, agent):
    near, far = await answered_in(edge, agent)
    await talk(near, far)
    far.audio.secure((new_key(), far.remote_audio.keys[0][1]))
    near.audio.forget()
    with pytest.raises(AudioError):
        await near.audio.hear(600, timeout=0.6)
    await near.bye()


BAD_ANSWERS = {
    "plain RTP": lambda body: re.sub(rb"a=crypto.*\r\n", b"", body.replace(b"RTP/SAVP", b"RTP/AVP")),
    "plain RTP with a key": lambda body: body.replace(b"RTP/SAVP", b"RTP/AVP"),
    "no key": lambda body: re.sub(rb"a=crypto.*\r\n", b"", body),
    "a short key": lambda body: re.sub(rb"inline:\S+", b"inline:" + b64encode(bytes(16)), body),
    "another suite": lambda body: body.replace(b"SHA1_80", b"SHA1_32"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_an_answer_without_srtp_ends_the_call(edge, agent, name):
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx, media="srtp"))
    call = await scene.dial()
    incoming = await pbx.next_call()
    await incoming.open_audio()
    incoming.audio.play(600)
    bad = BAD_ANSWERS[name](incoming.take_offer(incoming.request.body))
    incoming.audio.secure(None)
    await incoming.ring(183, body=bad)
    assert not (await call.provisional(183)).body
    await incoming.answer(bad)
    response = await call.final()
    assert b"m=audio 0 " in response.body
    ended = one(await scene.events("end"), "end")
    assert ended["by"] == "edge"
    assert "SRTP" in ended["reason"]
    await forgotten(edge, call)
    assert call.audio.received == 0
    assert incoming.audio.received == 0
    await hung_up_by_us(call, incoming)


async def hung_up_by_us(*parties):
    for party in parties:
        await party.hung_up()
        assert "SRTP" in party.requests[-1].get("Reason")


async def ended_by_us(edge, call, far):
    events = await edge.events("end", call_id=call.call_id)
    assert one(events, "end")["by"] == "edge"
    assert "plain RTP" in one(events, "end")["reason"]
    await forgotten(edge, call)
    assert far.audio.undecipherable == 0
    await hung_up_by_us(call, far)


async def test_a_later_answer_without_srtp_ends_the_call(edge, agent):
    near, far = await answered_in(edge, agent)
    await talk(near, far)

    def plainly(request):
        response = far.agent.response(request, 200)
        response.headers += [("Contact", far.agent.contact_for(far.hop)), ("Content-Type", sdp.TYPE)]
        response.body = BAD_ANSWERS["plain RTP"](far.local_sdp)
        return response

    far.respond = plainly
    assert b"m=audio 0 " in (await near.send("INVITE", near.make_offer(), [("Content-Type", sdp.TYPE)])).body
    far.respond = None
    await ended_by_us(edge, near, far)


async def test_an_answer_without_srtp_in_the_ack_ends_the_call(edge, agent):
    account = edge.account(srtp="required")
    call, carrier = await dial_out(edge, agent, account, sdp=None)
    incoming = await carrier.next_call()
    taken = call.take_offer
    call.take_offer = lambda body: BAD_ANSWERS["plain RTP"](taken(body))
    await incoming.answer()
    await call.final()
    assert b"m=audio 0 " in (await incoming.confirmed()).body
    await ended_by_us(edge, call, incoming)
