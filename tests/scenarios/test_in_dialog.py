"""What happens within an answered call: both sides may do whatever RFC 3261 and its kin allow."""

import asyncio
import re

import pytest

from scenarios.parties import RINGING, forgotten, kinds, one, ringing_in, sides, talking
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines

SIDES = pytest.mark.parametrize("side", ["near", "far"])
DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])


async def hung_up(pair, side="near"):
    """One side ends the call; its events."""
    actor, other = sides(pair, side)
    assert (await actor.bye()).code == 200
    await other.hung_up()
    events = await pair.events("end")
    assert one(events, "end")["by"] == {"near": "caller", "far": "callee"}[side]
    assert kinds(events).count("answer") == 1
    await forgotten(pair.edge, pair.near)
    return events


@DIRECTIONS
@SIDES
async def test_either_side_hangs_up(edge, agent, direction, side):
    pair = await talking(edge, agent, direction)
    await pair.talk()
    events = await hung_up(pair, side)
    assert kinds(events) == ["setup", "attempt", "answer", "end"]


async def test_the_reason_of_a_bye_is_recorded_and_travels(edge, agent):
    pair = await talking(edge, agent)
    await pair.near.bye(headers=[("Reason", 'Q.850;cause=16;text="Normal"')])
    assert (await pair.far.hung_up()).get("Reason") == 'Q.850;cause=16;text="Normal"'
    assert "cause=16" in one(await pair.events("end"), "end")["reason"]


async def test_both_hang_up_at_once(edge, agent):
    pair = await talking(edge, agent)
    codes = await asyncio.gather(pair.near.bye(), pair.far.bye())
    assert all(response.code in (200, 481) for response in codes)
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "answer", "end"]


async def test_who_knows_no_such_call_any_more_is_not_hung_up_on_again(edge, agent):
    pair = await talking(edge, agent)
    pair.far.respond = lambda request: pair.far.agent.response(request, 481) if request.method == "BYE" else None
    assert (await pair.near.bye()).code == 481
    assert kinds(await pair.events("end")) == ["setup", "attempt", "answer", "end"]


async def test_a_repeated_bye_is_recorded_once(edge, agent):
    pair = await talking(edge, agent)
    transmit, lost = pair.far.agent._transmit, []

    def lose_some(message, flow):
        lost.append(message) if len(lost) < 2 else transmit(message, flow)

    pair.far.agent._transmit = lose_some
    assert (await pair.near.bye()).code == 200
    assert len(lost) == 2
    assert kinds(await pair.events("end")) == ["setup", "attempt", "answer", "end"]


STYLES = pytest.mark.parametrize("style", ["sendonly", "inactive", "0.0.0.0"])


async def hold(actor, other, style):
    """One side holds the call, in one of the three ways; only music goes on, where the style leaves room for it."""
    if style == "0.0.0.0":  # RFC 2543's way: no address to send to
        body = re.sub(rb"c=IN IP4 \S+", b"c=IN IP4 0.0.0.0", actor.make_offer())
        response = await actor.send("INVITE", body, [("Content-Type", sdp.TYPE)])
    else:
        response = await actor.reinvite(style)
    assert response.code == 200
    assert sdp.parse(response.body).direction == ("inactive" if style == "inactive" else "recvonly")
    offered = sdp.parse((await other.next_request("INVITE")).body)
    told = "sendonly" if style == "0.0.0.0" else style  # a PBX's; a carrier's stays as it is
    assert offered.direction == told or offered.address == style
    for call in (actor, other):
        call.audio.forget()
        call.audio.play(700)
    if style == "inactive":
        await other.audio.hear_silence()
    else:
        await other.audio.hear(700)
    await actor.audio.hear_silence()


async def reinvite_without_offer(edge, actor, other):
    """The other side makes the offer, in its 200, which is answered in the ACK."""
    request = actor.dialog.request("INVITE")
    request.add("Contact", actor.agent.contact_for(actor.hop))
    response = await actor.agent.transact(request, actor.hop)
    assert response.code == 200
    offered = sdp.parse(response.body)
    assert (offered.address, offered.direction) == (edge.address, "sendrecv")
    ack = actor.dialog.request("ACK", request.cseq[0])
    ack.add("Content-Type", sdp.TYPE)
    ack.body = actor.take_offer(response.body)
    await actor.agent.send(ack, actor.hop)
    await other.until(lambda: [r for r in other.requests if r.method == "ACK" and r.body], 30, "the ACK's answer")
    assert sdp.parse(other.requests[-1].body).address == edge.address


@DIRECTIONS
@SIDES
@STYLES
async def test_hold_and_resume(edge, agent, direction, side, style):
    pair = await talking(edge, agent, direction)
    actor, other = sides(pair, side)
    await pair.talk()
    await hold(actor, other, style)
    assert (await actor.reinvite("sendrecv")).code == 200
    await pair.talk()
    await hung_up(pair, side)


@SIDES
@STYLES
async def test_a_hold_that_ends_in_two_steps(edge, agent, side, style):
    """Cisco's CUCM resumes by an INVITE without an offer."""
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    await pair.talk()
    await hold(actor, other, style)
    await reinvite_without_offer(edge, actor, other)
    await pair.talk()
    await hung_up(pair, side)


@DIRECTIONS
@SIDES
async def test_update_within_the_call(edge, agent, direction, side):
    pair = await talking(edge, agent, direction)
    actor, other = sides(pair, side)
    assert (await actor.update("sendonly")).code == 200
    assert sdp.parse((await other.next_request("UPDATE")).body).direction == "sendonly"
    assert (await actor.update("sendrecv")).code == 200
    await pair.talk()
    await hung_up(pair, side)


@SIDES
async def test_info_and_options_travel(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    assert (await actor.info(b"Signal=5\r\nDuration=160\r\n")).code == 200
    info = await other.next_request("INFO")
    assert info.body == b"Signal=5\r\nDuration=160\r\n"
    assert info.get("Content-Type") == "application/dtmf-relay"
    assert (await actor.send("OPTIONS")).code == 200
    await other.next_request("OPTIONS")
    await hung_up(pair, side)


@SIDES
async def test_a_record_route_that_cannot_be_hidden_stays_on_its_side(edge, agent, side):
    """Without brackets, which RFC 3261 §20.30 demands."""
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)

    def respond(request):
        response = other.agent.response(request, 200)
        response.add("Record-Route", f"sip:{other.agent.address};lr")
        return response

    other.respond = respond
    answer = await actor.send("INFO", headers=[("Record-Route", f"sip:{actor.agent.address};lr")])
    asked = await other.next_request("INFO")
    assert (answer.code, answer.get("Record-Route"), asked.get("Record-Route")) == (200, None, None)
    other.respond = None
    await hung_up(pair, side)


@SIDES
@pytest.mark.parametrize("method", ["REFER", "NOTIFY", "MESSAGE", "SUBSCRIBE"])
async def test_what_a_trunk_does_not_do_is_405(edge, agent, side, method):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    response = await actor.send(method, headers=[("Refer-To", "<sip:+447700900999@evil.example>")])
    assert response.code == 405
    assert method in response.warning
    assert "INVITE" in response.get("Allow")
    assert method not in [request.method for request in other.requests]
    await hung_up(pair, side)


@SIDES
async def test_an_offer_of_another_kind_is_415(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    response = await actor.send("INVITE", b"\x01\x00", [("Content-Type", "application/isup")])
    assert (response.code, "'application/isup' is not carried" in response.warning) == (415, True)
    assert [request.method for request in other.requests if request.method != "ACK"] == []
    await pair.talk()
    await hung_up(pair, side)


@SIDES
async def test_a_request_that_has_come_far_enough_is_483(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)

    def tired(request):
        request.set("Max-Forwards", "0")

    response = await actor.send("INFO", edit=tired)
    assert (response.code, "circle" in response.warning) == (483, True)
    assert [request.method for request in other.requests if request.method != "ACK"] == []
    await hung_up(pair, side)


@SIDES
@pytest.mark.parametrize("fax", [False, True])
async def test_a_reinvite_that_is_refused_keeps_the_call(edge, agent, side, fax):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    other.respond = lambda request: other.agent.response(request, 488) if request.method == "INVITE" else None
    if fax:
        body = actor.make_offer().replace(b"m=audio", b"m=image").replace(b"RTP/AVP", b"udptl")
        response = await actor.send("INVITE", body, [("Content-Type", sdp.TYPE)])
        assert "T.38" in response.warning
    else:
        response = await actor.reinvite()
    assert response.code == 488
    other.respond = None
    pair.near.audio.forget()
    pair.far.audio.forget()
    await pair.talk()
    await hung_up(pair, side)
    if fax:  # its ACK is for whoever refused it (RFC 3261 §17.1.1.3), and the other side had not heard of it
        assert response.cseq[0] not in {request.cseq[0] for request in other.requests if request.method == "ACK"}


@SIDES
async def test_a_reinvite_without_an_offer(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    await reinvite_without_offer(edge, actor, other)
    await pair.talk()
    await hung_up(pair, side)


async def test_glare_is_491_to_both(edge, agent):
    pair = await talking(edge, agent)
    for call in (pair.near, pair.far):
        call.respond = lambda request, call=call: (
            call.agent.response(request, 491) if request.method == "INVITE" else None
        )
    responses = await asyncio.gather(pair.near.reinvite(), pair.far.reinvite())
    assert [response.code for response in responses] == [491, 491]
    await pair.talk()
    await hung_up(pair)


@DIRECTIONS
async def test_session_timers_travel(edge, agent, direction):
    asked = [("Supported", "timer, 100rel"), ("Session-Expires", "1800;refresher=uac"), ("Min-SE", "90")]
    pair = await RINGING[direction](edge, agent, headers=asked)
    request = pair.far.request
    assert request.get("Session-Expires") == "1800;refresher=uac"
    assert request.get("Min-SE") == "90"
    assert "timer" in request.get("Supported")
    await pair.far.answer(headers=[("Session-Expires", "1800;refresher=uac"), ("Require", "timer")])
    response = await pair.near.final()
    assert response.get("Session-Expires") == "1800;refresher=uac"
    assert response.get("Require") == "timer"
    await hung_up(pair)


async def test_an_interval_too_small_is_the_far_sides_to_refuse(edge, agent):
    pair = await ringing_in(edge, agent, headers=[("Supported", "timer"), ("Session-Expires", "90")])
    pair.far.refuse(422, "Session Interval Too Small", [("Min-SE", "1800")])
    response = await pair.near.final()
    assert (response.code, response.get("Min-SE")) == (422, "1800")
    await pair.events("finish")


async def test_a_repeated_200_is_acknowledged_again_and_recorded_once(edge, agent):
    pair = await ringing_in(edge, agent)
    receive, lost = pair.far.receive, []

    def lose_some(request, transaction):
        lost.append(request) if len(lost) < 2 else receive(request, transaction)

    pair.far.receive = lose_some
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    assert [request.method for request in lost] == ["ACK", "ACK"]
    events = await hung_up(pair)
    assert kinds(events) == ["setup", "attempt", "answer", "end"]


@SIDES
async def test_a_request_of_a_stranger_is_481(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    stranger = await agent(name="stranger")
    bye = actor.dialog.request("BYE")
    bye.set("Call-ID", "made-up@nowhere.example")
    bye.set("From", f"<sip:x@{stranger.address}>;tag={actor.local_tag}")
    response = await stranger.transact(bye, edge.udp)
    assert response.code == 481
    assert response.warning
    assert not [r for r in other.requests if r.method == "BYE"]
    await hung_up(pair, side)


async def test_a_bye_that_means_nobody_closes_no_record(edge, agent):
    """Its tag is made up: the far side answers 481 and stays in the call, so the call stays in the record."""
    pair = await talking(edge, agent, "out")

    def made_up(request):
        request.set("To", re.sub(r"tag=[^;]+", "tag=nobody", request.get("To")))

    refused = await pair.near.send("BYE", edit=made_up)
    assert refused.code == 481
    await pair.talk()
    assert "end" not in kinds(edge.call_events(called=pair.called))
    await pair.near.bye()
    assert one(await pair.events("end"), "end")["by"] == "caller"


async def test_nobody_talks_on_after_the_record_is_closed(edge, agent):
    """The caller says BYE in a way that the far side refuses, and then offers media once more."""
    pair = await talking(edge, agent, "out")

    def too_early(request):
        request.set("CSeq", "0 BYE")

    await pair.near.send("BYE", edit=too_early)
    await pair.events("end")
    again = await pair.near.reinvite()
    assert again.code == 481


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    "contact",
    [
        "sip:desk@phones.invalid;line=2",
        "sip:desk@192.168.1.5:5060;alias=192.0.2.66~40000~1",  # of a Kamailio with its usual configuration
        "sip:desk@192.0.2.66:5060;alias=192.0.2.66~40000~1",
    ],
)
async def test_a_pbx_behind_a_proxy_of_its_own_gets_its_contact_as_it_wrote_it(edge, agent, transport, contact):
    """RFC 3261 §12.2.1.1: the Request-URI is the remote target, and what is behind the proxy may go by all of it."""
    pair = await RINGING["in"](edge, agent, "udp", transport)
    pbx = pair.far.agent
    own = f"<sip:{pbx.address}:{pbx.port()};transport={transport};lr>"
    pair.far.request.headers.insert(0, ("Record-Route", own))  # the answer has what the request had
    pbx.contact_for = lambda hop, user="": f"<{contact}>"
    await pair.far.answer()
    await pair.near.final()
    assert (await pair.far.confirmed()).uri == contact
    assert (await pair.near.bye()).code == 200
    assert (await pair.far.hung_up()).uri == contact
