"""Descriptions that cannot be used: each is refused in words, reaches nobody, and costs no call that is up."""

import re

import pytest

from harness import placing
from scenarios.parties import RINGING, one, ringing_out, talking
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


def good(address="192.0.2.44"):
    return sdp.offer(address, 4000)


THOUSANDS = " ".join(str(96 + n % 32) for n in range(3000)).encode()
MAPS = b"".join(b"a=rtpmap:%d X%d/8000\r\n" % (96 + n % 32, n) for n in range(1000))

BAD = {
    "nothing like it": (b"<xml/>", 400, "type=value"),
    "no v=": (good().replace(b"v=0\r\n", b""), 400, "v=0"),
    "no m=": (good().partition(b"m=")[0], 400, "no media stream"),
    "no c=": (re.sub(rb"c=.*\r\n", b"", good()), 400, "no connection address"),
    "a broken c=": (good().replace(b"c=IN IP4", b"c=IN"), 400, "c= line"),
    "a broken m=": (good().replace(b"audio 4000", b"audio"), 400, "m= line"),
    "a port that is none": (good().replace(b"4000 RTP", b"99999 RTP"), 400, "99999"),
    "NUL and other octets": (good().replace(b"t=0 0", b"\0\xff\xfe"), 400, "type=value"),
    "thousands of codecs": (good().replace(b"8 0 101", THOUSANDS), 400, "3000 formats"),
    "thousands of lines": (good() + MAPS, 413, "characters"),
    "hundreds of streams": (good() + b"m=audio 4000 RTP/AVP 0\r\n" * 300, 400, "301 media streams"),
    "no codec of ours": (good().replace(b"8 0 101", b"3 4 101"), 488, "PCMA, PCMU, G722, G729, speex/16000, iLBC"),
    "port 0": (good().replace(b"audio 4000", b"audio 0"), 488, "needs m=audio"),
    "IPv6": (good("2001:db8::44"), 488, "IPv4"),
    "a multicast address": (good("239.1.2.3"), 488, "multicast"),
    "a broadcast address": (good("255.255.255.255"), 488, "reserved"),
    "a host name": (good("media.pbx.example"), 488, "not an IP address"),
    "fax alone": (good().replace(b"m=audio", b"m=image").replace(b"RTP/AVP", b"udptl"), 488, "T.38"),
    "DTLS-less WebRTC data": (good().replace(b"m=audio 4000 RTP/AVP", b"m=application 4000 DTLS/SCTP"), 488, "m=audio"),
}  # fmt: skip
CASES = pytest.mark.parametrize(("body", "code", "words"), BAD.values(), ids=BAD)


@CASES
async def test_in_an_invite(edge, agent, body, code, words):
    key, ua, far = edge.key(), await agent("tcp"), await agent()
    called = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    response = await placing.refused_as_journaled(edge, ua, key, f"+{called}", called, sdp=body)
    assert response.code == code
    assert words in response.warning
    assert not far.calls


async def test_within_a_call_it_goes_on(edge, agent):
    pair = await talking(edge, agent, "out")
    for sender, other in ((pair.near, pair.far), (pair.far, pair.near)):
        for method in ("INVITE", "UPDATE"):
            for body, code, words in BAD.values():
                if len(body) > 4000:  # UDP here
                    continue
                response = await sender.send(method, body, [("Content-Type", sdp.TYPE)])
                assert response.code == code
                assert words in response.warning
        assert not [request for request in other.requests if request.method in ("INVITE", "UPDATE")]
    await pair.talk()
    await pair.near.bye()
    one(await pair.events("end"), "end")


@pytest.mark.parametrize("kind", ["text/plain", "application/isup", ""])
async def test_a_body_that_is_no_description_goes_nowhere(edge, agent, kind):
    key, ua, far = edge.key(), await agent(), await agent()
    called = f"{edge.route(edge.carrier(far.address, far.port()))}001"

    def edit(request):
        request.set("Content-Type", kind) if kind else request.remove("Content-Type")

    response = await placing.refused(edge, ua, key, f"+{called}", sdp=good(), edit=edit)
    assert response.code in (400, 415)
    assert not far.calls


MULTIPART = (
    b"--x1\r\nContent-Type: application/isup;version=etsi\r\n\r\n\1\0\x60\r\n"
    b"--x1\r\nContent-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n%s\r\n--x1--\r\n"
)


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_the_description_of_a_multipart_body_is_used_alone(edge, agent, direction):
    kind = 'multipart/mixed;boundary="x1"'

    def wrap(request):
        if b"--x1" not in request.body:
            request.set("Content-Type", kind)
            request.body = MULTIPART % request.body

    pair = await RINGING[direction](edge, agent, edit=wrap)
    await pair.far.open_audio()
    body = MULTIPART % pair.far.take_offer(pair.far.request.body)
    await pair.far.answer(body, headers=[("Content-Type", kind)])
    for message in (pair.far.request, await pair.near.final()):
        assert message.get("Content-Type") == sdp.TYPE
        assert sdp.parse(message.body).address == edge.address
        assert b"isup" not in message.body
        assert b"Content-Disposition" not in message.body
    await pair.talk()
    await pair.near.bye()


@pytest.mark.parametrize("code", [180, 183])
async def test_a_signal_of_the_network_in_a_response_is_no_answer(edge, agent, code):
    """ISUP in a provisional response, alone or in a multipart body: taken out, and the call goes on."""
    pair = await ringing_out(edge, agent)
    alone = b"--x1\r\nContent-Type: application/isup\r\n\r\n\1\0\x60\r\n--x1--\r\n"
    for body, kind in ((alone, 'multipart/mixed;boundary="x1"'), (b"\1\0\x60", "application/isup")):
        await pair.far.ring(code, body=body, headers=[("Content-Type", kind)])
        code += 1
    await pair.near.provisional(code - 1)
    assert not any(response.body for response in pair.near.responses)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    await pair.near.bye()


async def test_what_is_described_beside_offer_and_answer_is_taken_out(edge, agent):
    """Some describe their media in a 200 to OPTIONS, and anybody may put a description into a BYE."""
    pair = await talking(edge, agent, "out")
    hidden = good("192.0.2.44")

    def describe(request):
        if request.method != "OPTIONS":
            return None
        response = pair.far.agent.response(request, 200)
        response.add("Content-Type", sdp.TYPE)
        response.body = hidden
        return response

    pair.far.respond = describe
    response = await pair.near.send("OPTIONS", hidden, [("Content-Type", sdp.TYPE)])
    assert response.code == 200
    assert not response.body
    assert not (await pair.far.next_request("OPTIONS")).body
    pair.far.respond = None
    await pair.near.send("BYE", hidden, [("Content-Type", sdp.TYPE)])
    assert not (await pair.far.hung_up()).body


async def test_an_offer_may_wait_for_the_answer_and_hold_media_at_no_address(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    called = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    call, incoming = await placing.answered(edge, ua, far, key, f"+{called}", sdp=good("0.0.0.0"))
    assert b"0.0.0.0" in incoming.request.body or edge.address.encode() in incoming.request.body
    await placing.hang_up(call, incoming)
