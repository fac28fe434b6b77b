"""Bodies whose length no Content-Length says: nothing of them reaches the other side but what the relay wrote."""

import socket

import pytest

from scenarios.parties import ringing_out, talking

pytestmark = pytest.mark.engines

INVITE = (
    "INVITE {uri} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {address}:5060;branch=z9hG4bK{number};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:+447700900000@pbx.example>;tag=1\r\n"
    "To: <{uri}>\r\n"
    "Call-ID: {number}@{address}\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:x@{address}:5060>\r\n"
    "Content-Type: application/sdp\r\n"
    "\r\n"
    "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\n"
)


async def test_a_datagram_need_not_say_how_long_its_body_is(edge, agent):
    """RFC 3261 §18.3."""
    far, address = await agent(), agent.address()
    edge.account(sources=(address,))
    number = edge.route(edge.carrier(far.address, far.port())) + "001"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 5060))
        request = INVITE.format(uri=edge.uri(f"+{number}"), address=address, number=number)
        sender.sendto(request.encode(), (edge.address, edge.settings.sip.port))
        call = await far.next_call()
    assert call.request.body.count(b"v=0") == 1
    raw = next(entry.data for entry in agent.trace.entries if not entry.sent and entry.data.startswith(b"INVITE"))
    assert address.encode() not in raw
    call.refuse(486)


@pytest.mark.parametrize("said", ["0", "50"])
async def test_an_answer_that_says_too_little_is_read_whole(edge, agent, said):
    pair = await ringing_out(edge, agent)
    await pair.far.answer(headers=[("Content-Length", said)])
    assert (await pair.near.final()).code == 200
    await pair.talk()
    await pair.near.bye()


async def test_one_that_says_too_much_has_no_description(edge, agent):
    pair = await ringing_out(edge, agent)
    await pair.far.answer(headers=[("Content-Length", "9999")])
    assert (await pair.near.final()).body == b""
    await pair.near.bye()


async def test_what_comes_behind_a_response_begins_no_message_on_a_connection(edge, agent):
    pair = await talking(edge, agent, "out", "tcp", "udp")

    def longer(request):
        response = pair.far.agent.response(request, 200)
        response.body = b"x" * 40
        response.add("Content-Length", "0")
        return response

    pair.far.respond = longer
    assert (await pair.near.info(b"1")).code == 200
    assert (await pair.near.bye()).code == 200
    heard = [entry.data for entry in agent.trace.entries if entry.local.startswith(pair.near.agent.address)]
    assert not any(b"xxxx" in data for data in heard)
