"""SRTP that cannot be had: offers refused in words, and answers that end a call rather than leave it without."""

import re
from base64 import b64encode

import pytest

from scenarios.encrypting import answered_in, dial_out, talk
from scenarios.parties import forgotten, inbound, one, to
from trunkline.sandbox import sdp
from trunkline.sandbox.rtp import AudioError
from trunkline.sandbox.srtp import new_key

pytestmark = pytest.mark.engines


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
        bye = next(request for request in party.requests if request.method == "BYE")  # an ACK may come after it
        assert "SRTP" in bye.get("Reason")


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
