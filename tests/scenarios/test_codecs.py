"""What each side sees of the other's codecs and streams, on the real engines."""

import asyncio
import re

import pytest

from harness import placing
from harness.peers import Baresip
from scenarios.parties import RINGING, failures, forgotten, inbound, one, ringing_out, talking, to
from trunkline.sandbox import codecs, sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.sdp import EVENT, SdpError

pytestmark = pytest.mark.engines

FAST = f"{EVENT}/16000"
SIDES = pytest.mark.parametrize("side", ["near", "far"])


def offered(body):
    """The names of an audio stream's payloads, in order."""
    return [payload.title for payload in sdp.parse(body).payloads]


def streams(body):
    return [(kind, int(port)) for kind, port in re.findall(r"(?m)^m=(\w+) (\d+)", body.decode())]


async def talk(pair, near=440, far=600):
    for end in (pair.near, pair.far):
        end.audio.forget()
    pair.near.audio.play(near)
    pair.far.audio.play(far)
    await pair.far.audio.hear(near)
    await pair.near.audio.hear(far)


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_an_offer_keeps_its_order_and_loses_what_is_not_carried(edge, agent, direction):
    def add(request):
        request.body = request.body.replace(b"RTP/AVP ", b"RTP/AVP 111 13 ").replace(
            b"a=ptime", b"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=ptime"
        )

    wanted = ("G729", "speex", "PCMU", "G722", EVENT)
    pair = await RINGING[direction](edge, agent, codecs=wanted, edit=add)
    assert offered(pair.far.request.body)[:4] == list(wanted[:4])
    assert b"opus" not in pair.far.request.body
    assert b" 13 " not in pair.far.request.body
    assert b"a=fmtp:18 annexb=no\r\n" in pair.far.request.body


@pytest.mark.parametrize("codec", ["PCMA", "G729", "G722", "speex"])
async def test_the_same_codec_goes_end_to_end_though_the_far_side_likes_others_better(edge, agent, codec):
    pair = await RINGING["out"](edge, agent, codecs=(codec, EVENT))
    pair.far.codecs = (*codecs.CODECS, EVENT)
    names = [name for name in offered(pair.far.request.body) if not name.startswith(EVENT)]
    assert names[0] == codec
    assert set(names) <= {codec, "PCMA", "PCMU"}  # more is offered only to a far side that has none of these
    await pair.far.answer()
    await pair.near.final()
    assert pair.near.remote_audio.codec.name == codec
    assert pair.far.audio._codec.name == codec
    await talk(pair)


async def test_a_far_side_with_neither_is_offered_all_that_can_be_transcoded(edge, agent):
    pair = await ringing_out(edge, agent)
    pair.far.codecs = pair.far.agent.codecs = ("G729", EVENT)
    with pytest.raises(SdpError):
        await pair.far.answer()
    first = pair.far
    pair.far = await pair.far.agent.next_call()
    assert pair.far.request.cseq[0] == first.request.cseq[0] + 1
    assert {"PCMA", "PCMU", "G722", "G729", "speex"} <= set(offered(pair.far.request.body))
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    assert pair.near.remote_audio.codec.name == "PCMA"
    await talk(pair)
    await pair.near.bye()
    events = await pair.events("end")
    assert failures(events) == [(1, "reply", 488)]
    assert one(events, "answer")["n"] == 1


async def test_a_pbx_that_accepts_nothing_when_it_is_picked_up_rings_once_more(edge, agent):
    """FreeSWITCH, for one, looks at the codecs as it answers, when the time of its URI is long over."""
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx, timeout=2000))
    near = await scene.dial(codecs=("PCMA", EVENT))
    first = await pbx.next_call()
    await first.ring()
    await near.provisional(180)
    await asyncio.sleep(2.2)
    first.refuse(488)
    second = await pbx.next_call()
    await asyncio.sleep(1)
    await second.ring()
    await asyncio.sleep(2.2)
    await second.answer()
    assert (await near.final()).code == 200
    await near.bye()
    events = await scene.events("end")
    assert failures(events) == [(1, "reply", 488)]


@pytest.mark.parametrize("code", [415, 488, 606])
async def test_who_accepts_nothing_at_all_refuses_the_call(edge, agent, code):
    pair = await ringing_out(edge, agent)
    pair.far.refuse(code)
    (await pair.far.agent.next_call()).refuse(code)
    response = await pair.near.final()
    assert response.code == 488
    assert "none of the caller's codecs, nor PCMA, PCMU, G722, G729, speex/16000" in response.warning
    assert one(await pair.events("finish"), "finish")["warning"] == response.warning


async def test_ilbc_alone_is_refused_clearly_where_the_far_side_lacks_it(edge, agent):
    pair = await ringing_out(edge, agent, codecs=("iLBC", EVENT))
    assert offered(pair.far.request.body) == ["iLBC", EVENT]
    with pytest.raises(SdpError):
        await pair.far.answer()
    response = await pair.near.final()
    assert response.code == 488
    assert "offer PCMA or PCMU as well" in response.warning


@pytest.mark.parametrize(
    ("far", "near_codec"), [(("iLBC",), "iLBC"), (("PCMA",), "PCMA"), (("PCMU",), "PCMA"), (("PCMA", "iLBC"), "iLBC")]
)
async def test_ilbc_goes_end_to_end_and_gives_way_where_the_far_side_lacks_it(edge, agent, far, near_codec):
    pair = await ringing_out(edge, agent, codecs=("iLBC", "PCMA", EVENT))
    assert offered(pair.far.request.body) == ["iLBC", "PCMA", "PCMU", EVENT]
    pair.far.codecs = (*far, EVENT)
    await pair.far.answer()
    await pair.near.final()
    assert pair.near.remote_audio.codec.name == near_codec
    await talk(pair, codecs.ILBC_TONE, codecs.ILBC_TONE)
    # A hold and its end, with the whole offer again.
    assert (await pair.near.reinvite("sendonly")).code == 200
    assert (await pair.near.reinvite()).code == 200
    assert pair.near.remote_audio.codec.name == near_codec
    await talk(pair, codecs.ILBC_TONE, codecs.ILBC_TONE)


@pytest.mark.parametrize(("near", "far"), [("G722", "G729"), ("PCMA", "G729"), ("G729", "PCMU"), ("speex", "PCMA")])
async def test_either_side_holds_and_resumes_a_transcoded_call(edge, agent, near, far):
    pair = await ringing_out(edge, agent, codecs=(near, EVENT, FAST))
    pair.far.codecs = pair.far.agent.codecs = (far, EVENT, FAST)
    try:
        await pair.far.answer()
    except SdpError:
        pair.far = await pair.far.agent.next_call()
        await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    for side in (pair.near, pair.far):
        assert (await side.reinvite("sendonly")).code == 200
        assert (await side.reinvite()).code == 200
    assert [end.remote_audio.codec.name for end in (pair.near, pair.far)] == [near, far]
    await talk(pair)


OTHERS = b"m=video 40000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nc=IN IP4 203.0.113.77\r\n"
FAX = b"m=image 40002 udptl t38\r\na=T38FaxVersion:0\r\n"


async def test_a_user_agent_that_shares_no_code_with_us_speaks_g722_to_g711(own_edge, agent):
    """What the far side plays comes back through baresip's own G.722 decoder and encoder, and the relay's twice."""
    edge = own_edge(auth={"sha256": False})  # at which it would give up
    key, far = edge.key(), await agent()
    far.codecs = ("PCMA", EVENT)
    called = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    proxy = f"sip:{edge.address}:{edge.udp.port};transport=udp"
    parameters = f';auth_user={key.name};auth_pass={key.secret};outbound="{proxy}"'
    options = {"user": "+447700900000", "parameters": parameters, "codecs": "G722/16000/1", "rate": 16000}
    async with Baresip.run(agent.address(), **options) as baresip:
        baresip.command("dial", edge.uri(f"+{called}"))
        incoming = await far.next_call()
        assert offered(incoming.request.body)[:3] == ["G722", "PCMA", "PCMU"]
        await incoming.answer()
        await baresip.event("CALL_ESTABLISHED")
        incoming.audio.play(600)
        await incoming.audio.hear(600)
        await incoming.bye()


@pytest.mark.parametrize("remembers", [True, False])
async def test_other_streams_are_refused_in_place(edge, agent, remembers):
    def add(request):
        if OTHERS not in request.body:  # it comes twice, the second time with credentials
            request.body = request.body.replace(b"m=audio", OTHERS + b"m=audio") + FAX

    pair = await ringing_out(edge, agent, edit=add)
    seen = pair.far.request.body
    assert [(kind, port > 0) for kind, port in streams(seen)] == [("video", False), ("audio", True), ("image", False)]
    assert b"H264" not in seen
    assert b"203.0.113.77" not in seen
    await pair.far.open_audio()
    answer = pair.far.take_offer(seen)
    if remembers:
        answer = answer.replace(b"m=audio", b"m=video 0 RTP/AVP 96\r\nm=audio") + b"m=image 0 udptl t38\r\n"
    await pair.far.answer(answer)
    response = await pair.near.final()
    assert [(k, p > 0) for k, p in streams(response.body)] == [("video", False), ("audio", True), ("image", False)]
    await talk(pair)


@SIDES
async def test_the_rules_hold_within_the_call(edge, agent, side):
    pair = await talking(edge, agent, "out")
    actor, other = (pair.near, pair.far) if side == "near" else (pair.far, pair.near)
    for send in (actor.reinvite, actor.update):
        actor.codecs = ("G722", "PCMU", EVENT)
        other.codecs = ("PCMA", EVENT)
        assert (await send()).code == 200
        newest = [request for request in other.requests if request.body][-1]
        assert offered(newest.body)[:2] == ["G722", "PCMU"]
        assert actor.remote_audio.codec.name == "G722"
        await talk(pair)

    body = actor.make_offer().replace(b"G722", b"G7221").replace(b"RTP/AVP 9 0", b"RTP/AVP 99")
    refused = await actor.send("INVITE", body, [("Content-Type", sdp.TYPE)])
    assert refused.code == 488
    assert "PCMA, PCMU, G722, G729, speex/16000, iLBC" in refused.warning
    await talk(pair)


async def test_a_late_offer_keeps_the_rules(edge, agent):
    pair = await ringing_out(edge, agent, sdp=None)
    pair.far.codecs = ("iLBC", "G729", EVENT)
    await pair.far.open_audio()
    await pair.far.answer(pair.far.make_offer().replace(b"m=audio", OTHERS + b"m=audio"))
    response = await pair.near.final()
    assert offered(response.body)[0] == "G729"
    assert "iLBC" not in offered(response.body)  # it could not be joined with every answer
    assert streams(response.body)[0] == ("video", 0)
    pair.near.codecs = ("PCMU", EVENT)
    await pair.far.confirmed()
    await talk(pair)


@pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
@pytest.mark.parametrize(
    ("near", "far"),
    [("PCMA", "PCMA"), ("PCMA", "PCMU"), ("PCMA", "G729"), ("PCMU", "G722"), ("G722", "PCMA"), ("G722", "speex"),
     ("G722", "G722"), ("G729", "speex"), ("speex", "G722"), ("speex", "PCMA")],
)  # fmt: skip
async def test_packets_of_other_lengths(edge, agent, milliseconds, near, far):
    """Both sides ask for them, and send them as far as their codec can."""

    def ask(body):
        return body.replace(b"ptime:20", b"ptime:%d" % milliseconds)

    def edit(request):
        request.body = ask(request.body)

    pair = await ringing_out(edge, agent, codecs=(near, EVENT, FAST), edit=edit)
    kept = 20 if near in ("G722", "speex") else milliseconds
    assert b"a=ptime:%d\r\n" % kept in pair.far.request.body
    if far not in offered(pair.far.request.body):
        pair.far.refuse(488)
        pair.far = await pair.far.agent.next_call()
    pair.far.codecs = (far, EVENT, FAST)
    await pair.far.open_audio()
    await pair.far.answer(ask(pair.far.take_offer(pair.far.request.body)))
    await pair.near.final()
    for end, codec in ((pair.near, near), (pair.far, far)):
        if codec != "speex":
            end.audio.packet_time(milliseconds)
    await talk(pair)


@pytest.mark.parametrize(
    ("codec", "usual", "odd"), [("G729", b"G729/8000", b"G729a/8000"), ("G722", b"G722/8000", b"G722/16000")]
)
@SIDES
async def test_a_codec_by_another_name(edge, agent, side, codec, usual, odd):
    """As old analogue adapters of Linksys and Cisco, and some browsers and PBXs, write them."""

    def rename(request):
        if side == "near":
            request.body = request.body.replace(usual, odd)

    pair = await ringing_out(edge, agent, codecs=(codec, EVENT), edit=rename)
    pair.far.codecs = (codec, EVENT)
    await pair.far.open_audio()
    answer = pair.far.take_offer(pair.far.request.body)
    await pair.far.answer(answer.replace(usual, odd) if side == "far" else answer)
    assert offered((await pair.near.final()).body)[0] == codec
    await talk(pair)
    await pair.near.bye()


async def test_comfort_noise_does_no_harm(edge, agent):
    """RFC 3389 noise (payload type 13) in between, which nobody negotiated: the audio goes on, also transcoded."""
    for far in ("PCMA", "PCMU"):
        pair = await ringing_out(edge, agent, codecs=("PCMA", EVENT))
        pair.far.codecs = (far, EVENT)
        await pair.far.answer()
        await pair.near.final()
        await talk(pair)
        pair.near.audio.rest(600)
        await pair.far.audio.until(lambda audio=pair.far.audio: audio.noises >= 3, 30, "comfort noise")
        await talk(pair)
        pair.near.audio.dial("159#", 60)
        await pair.far.audio.until(lambda end=pair.far: end.audio.digits == "159#", 30, "the digits")
        await pair.near.bye()


ANSWERS = {  # what is made of an answer -> what the record says of it; '' where the callee refuses the audio
    "a c= line of its own": (lambda body, _: body.replace(b"c=IN IP4", b"c=IN IPX"), "c= line that makes no sense"),
    "a host name": (lambda body, far: body.replace(b"IP4 " + far, b"IP4 media.pbx.example"), "not an IP address"),
    "a multicast address": (lambda body, far: body.replace(far, b"239.1.2.3"), "a multicast address"),
    "no v=": (lambda body, _: body.replace(b"v=0", b"w=0"), "does not begin with v=0"),
    "codecs of its own": (lambda body, _: re.sub(rb"RTP/AVP .*", b"RTP/AVP 96\r", body), "none of the codecs"),
    "port 0": (lambda body, _: re.sub(rb"m=audio \d+", b"m=audio 0", body), ""),
    "no audio": (lambda body, _: re.sub(rb"(?s)m=audio.*", b"m=image 4000 udptl t38\r\n", body), ""),
    "a codec that was not offered": (lambda body, _: body.replace(b"RTP/AVP 8 0", b"RTP/AVP 18"), ""),
}


@pytest.mark.parametrize(("wrong", "words"), ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_an_unusable_answer_is_a_refusal_of_the_audio_and_tells_nothing(edge, agent, direction, wrong, words):
    """Where nobody could be heard for a mistake, the call is ended, as the caller waits for nothing, and pays."""
    pair = await RINGING[direction](edge, agent)
    far = pair.far.agent.address.encode()
    await pair.far.open_audio()
    await pair.far.answer(wrong(pair.far.take_offer(pair.far.request.body), far))
    response = await pair.near.final()
    assert response.code == 200
    assert ("audio", 0) in streams(response.body)
    assert far not in response.body
    if not words:
        await pair.near.bye()
        assert one(await pair.events("end"), "end")["by"] == "caller"
        return
    await ended_for(pair, "the SDP of the answer cannot be used", words)


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("early", ["a host name", ""])
async def test_an_answer_without_a_description_ends_the_call_unless_it_had_a_usable_one(edge, agent, direction, early):
    wrong, words = ANSWERS.get(early, (None, "there is none"))
    pair = await RINGING[direction](edge, agent)
    await pair.far.open_audio()
    if wrong:
        far = pair.far.agent.address.encode()
        await pair.far.ring(183, body=wrong(pair.far.take_offer(pair.far.request.body), far))
    await pair.far.answer(body=None)
    assert not (await pair.near.final()).body
    await ended_for(pair, "the SDP of the answer cannot be used", words)


async def test_what_another_target_described_is_no_description_of_the_one_that_answers(edge, agent):
    trunk, first, second = await agent(), await agent(), await agent()
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(",".join(f"sip:x@{pbx.address}:{pbx.port()}" for pbx in (first, second)))
    call = await placing.dial(edge, trunk, None, f"+{number}")
    incoming = await first.next_call()
    await incoming.ring(183, body=AUTO)
    incoming.refuse(503)
    incoming = await second.next_call()
    await incoming.answer(body=None)
    await call.final()
    await incoming.hung_up()
    ended = one(await edge.events("end", called=number), "end")
    assert (ended["by"], "there is none" in ended["reason"]) == ("edge", True)


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_an_unusable_answer_in_the_ack_ends_the_call_too(edge, agent, direction):
    pair = await RINGING[direction](edge, agent, sdp=None)
    taken, near = pair.near.take_offer, pair.near.agent.address.encode()
    pair.near.take_offer = lambda body: taken(body).replace(b"IP4 " + near, b"IP4 media.pbx.example")
    await pair.far.answer()
    await pair.near.final()
    assert b"m=audio 0 " in (await pair.far.confirmed()).body
    await ended_for(pair, "the SDP of the caller's answer cannot be used", "not an IP address")


async def ended_for(pair, *words):
    """The edge has ended a call, and told why."""
    ended = one(await pair.events("end"), "end")
    assert ended["by"] == "edge"
    assert all(word in ended["reason"] for word in words)
    for party in (pair.near, pair.far):
        await party.hung_up()
        bye = next(request for request in party.requests if request.method == "BYE")
        assert all(word in bye.get("Reason") for word in words)
    await forgotten(pair.edge, pair.near)
