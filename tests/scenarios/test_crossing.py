"""Messages that cross, or come behind what they should have come before: both sides end up in one state, the audio of a
call that goes on is heard, and one record and no count are left of it."""

import asyncio
import re

import pytest

from harness import placing
from scenarios.parties import (
    RINGING,
    Pair,
    forgotten,
    inbound,
    kinds,
    one,
    ringing_in,
    ringing_out,
    sides,
    talking,
    to,
)
from trunkline.sandbox import digest, sdp
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.incoming import IncomingCall

pytestmark = pytest.mark.engines

SIDES = pytest.mark.parametrize("side", ["near", "far"])
DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])
OFFERING = pytest.mark.parametrize("method", ["INVITE", "UPDATE"])


def account(pair: Pair) -> int:
    return pair.edge.call_events(called=pair.called)[0]["account"]


async def closed(pair: Pair, last: str = "end") -> list:
    """One record, nothing counted and no media is left; the call's events."""
    events = await pair.events(last)
    assert [e["event"] for e in events if e["event"] in ("end", "finish")] == [last]
    assert len(pair.edge.journal(event="setup", called=pair.called)) == 1
    await forgotten(pair.edge, pair.near)
    assert placing.active(pair.edge, account(pair)) == 0
    return events


async def hear_again(pair: Pair) -> None:
    """What is sent from now on is heard."""
    for call in (pair.near, pair.far):
        call.respond = None
        call.audio.forget()
    await pair.talk()


async def hung_up(pair: Pair) -> list:
    assert (await pair.near.bye()).code == 200
    await pair.far.hung_up()
    return await closed(pair)


def refuse(call, method: str, code: int) -> None:
    call.respond = lambda request: call.agent.response(request, code) if request.method == method else None


async def hold(call, method: str, style: str) -> int:
    """Offer to hold the call; the status that it gets."""
    body = call.make_offer("sendrecv" if style == "0.0.0.0" else style)
    if style == "0.0.0.0":  # RFC 2543's way
        body = re.sub(rb"c=IN IP4 \S+", b"c=IN IP4 0.0.0.0", body)
    return (await call.send(method, body, [("Content-Type", sdp.TYPE)])).code


@SIDES
@OFFERING
@pytest.mark.parametrize("style", ["sendonly", "inactive", "0.0.0.0"])
async def test_a_hold_that_is_refused_holds_nothing(edge, agent, side, method, style):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    await pair.talk()
    for code in (488, 491):
        refuse(other, method, code)
        assert await hold(actor, method, style) == code
    await hear_again(pair)
    await hung_up(pair)


@SIDES
async def test_a_resumption_that_is_refused_leaves_the_hold(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    assert (await actor.reinvite("inactive")).code == 200
    refuse(other, "INVITE", 491)
    assert await hold(actor, "INVITE", "sendrecv") == 491
    for call in (actor, other):
        call.audio.forget()
        call.audio.play(700)
    await other.audio.hear_silence()
    other.respond = None
    assert (await actor.reinvite("sendrecv")).code == 200
    await hear_again(pair)
    await hung_up(pair)


@SIDES
async def test_a_hold_that_is_refused_after_a_late_offer(edge, agent, side):
    """Offer and answer of the call went in its 200 and ACK."""
    pair = await talking(edge, agent, sdp=None)
    actor, other = sides(pair, side)
    await pair.talk()
    refuse(other, "INVITE", 491)
    assert await hold(actor, "INVITE", "inactive") == 491
    await hear_again(pair)
    await hung_up(pair)


async def between_encrypted(edge, agent, side: str) -> Pair:
    """An answered call, of which one side's audio is SRTP."""
    pbx, carrier = await agent(name="pbx"), await agent(name="carrier")
    if side == "near":
        pbx.srtp = True
        called = f"{edge.route(edge.carrier(carrier.address, carrier.port()))}001"
        near = await placing.dial(edge, pbx, edge.key(), f"+{called}")
        far = await carrier.next_call()
    else:
        scene = await inbound(edge, agent, to(pbx), account=edge.account(srtp="required"))
        near, called = await scene.dial(), scene.number
        far = await pbx.next_call()
    await far.answer()
    await near.final()
    await far.confirmed()
    assert (near.srtp, far.srtp) == (side == "near", side == "far")
    return Pair(near, far, edge, called)


@pytest.mark.parametrize("encrypted", ["", "near", "far"])
async def test_both_hold_at_once_and_then_one(edge, agent, encrypted):
    """RFC 3261 §14.1: both get 491, and one after the other tries again."""
    pair = await (between_encrypted(edge, agent, encrypted) if encrypted else talking(edge, agent))
    await pair.talk()
    for call in (pair.near, pair.far):
        refuse(call, "INVITE", 491)
    codes = await asyncio.gather(hold(pair.near, "INVITE", "sendonly"), hold(pair.far, "INVITE", "inactive"))
    assert codes == [491, 491]
    await hear_again(pair)
    assert (await pair.far.reinvite("inactive")).code == 200
    assert (await pair.far.reinvite("sendrecv")).code == 200
    await hear_again(pair)
    await hung_up(pair)


@SIDES
async def test_a_bye_crosses_a_reinvite(edge, agent, side):
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    refuse(other, "INVITE", 481)
    reoffered, ended = await asyncio.gather(hold(actor, "INVITE", "inactive"), other.bye())
    assert (reoffered, ended.code) == (481, 200)
    await closed(pair)


async def test_a_caller_hangs_up_before_its_ack(edge, agent):
    pair = await ringing_in(edge, agent)
    send = pair.near.agent.send

    async def bye_first(request, hop):
        pair.near.agent.send = send
        await pair.near.agent.fire(pair.near.dialog.request("BYE"), hop)
        await send(request, hop)

    pair.near.agent.send = bye_first
    await pair.far.answer()
    await pair.far.hung_up()
    assert one(await closed(pair), "end")["by"] == "caller"


async def another(call: IncomingCall) -> IncomingCall:
    """Another callee behind the same target, which forks."""
    second = IncomingCall(call.agent, call.request, call.transaction)
    call.agent.calls[call.request.call_id, second.local_tag] = second
    (await second.open_audio()).mute()  # the relay would learn from it where the target's audio comes from
    return second


async def respond(call: IncomingCall, code: int, without: str = "") -> None:
    """Send a response once, behind whatever was sent before."""
    response = await call._with_contact(code, AUTO, None)
    if without:
        response.remove(without)
    call.agent._transmit(response, call.transaction.flow)


@DIRECTIONS
async def test_a_second_callee_that_answers_takes_nothing_from_the_first(edge, agent, direction):
    pair = await RINGING[direction](edge, agent)
    await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    await pair.talk()
    second = await another(pair.far)
    await respond(second, 200)
    await second.hung_up()
    await hear_again(pair)
    assert placing.active(edge, account(pair)) == 1
    assert kinds(await hung_up(pair)) == ["setup", "attempt", "answer", "end"]


@pytest.mark.parametrize("code", [180, 183])
@pytest.mark.parametrize("forks", [False, True])
async def test_ringing_behind_the_answer_is_no_news(edge, agent, code, forks):
    pair = await ringing_in(edge, agent)
    await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    await respond(await another(pair.far) if forks else pair.far, code)
    assert (await pair.far.info(b"behind it", "text/plain")).code == 200
    await hear_again(pair)
    assert kinds(await hung_up(pair)) == ["setup", "attempt", "answer", "end"]


async def test_early_media_of_another_callee_than_the_one_that_answers(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring(183, body=AUTO)
    await pair.near.provisional(183)
    await respond(await another(pair.far), 183)
    await pair.near.until(lambda: [r.code for r in pair.near.responses].count(183) == 2, 10, "the other's 183")
    await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    await hear_again(pair)
    await hung_up(pair)


@DIRECTIONS
async def test_an_answer_without_a_contact_can_be_hung_up(edge, agent, direction):
    pair = await RINGING[direction](edge, agent)
    pair.far.answered = True
    await respond(pair.far, 200, without="Contact")
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    await pair.talk()
    await hung_up(pair)


@pytest.mark.parametrize("code", [407, 486, 503, 302])
async def test_a_refusal_that_crosses_a_cancel(edge, agent, code):
    """Nobody else is tried, and what a carrier asks of us never reaches the caller."""
    carrier, second, pbx, key = await agent(name="far"), await agent(name="second"), await agent(name="pbx"), edge.key()
    carriers = [edge.carrier(a.address, a.port(), username="trunk", password="s3cret") for a in (carrier, second)]
    called = f"{edge.route(*carriers)}001"
    near = await placing.dial(edge, pbx, key, f"+{called}")
    far = await carrier.next_call()
    far.trying()
    asked = [("Proxy-Authenticate", digest.challenge("far"))] if code == 407 else []
    far.transaction.on_cancel = lambda request: far.refuse(code, headers=asked)
    await near.provisional(100)
    assert (await near.cancel()).code == 200
    response = await near.final(5)
    assert response.code == 487
    assert not response.get("Proxy-Authenticate")
    events = await closed(Pair(near, far, edge, called), "finish")
    assert (one(events, "finish")["code"], one(events, "failed")["cause"]) == (487, "cancel")
    for agent_ in (carrier, second):
        with pytest.raises(TimeoutError):
            await agent_.next_call(0.3)


async def test_a_cancel_crosses_a_challenge_that_was_answered(edge, agent):
    carrier, pbx, key = await agent(name="far"), await agent(name="pbx"), edge.key()
    called = f"{edge.route(edge.carrier(carrier.address, carrier.port(), username='trunk', password='s3cret'))}001"
    near = await placing.dial(edge, pbx, key, f"+{called}")
    (await carrier.next_call()).refuse(407, headers=[("Proxy-Authenticate", digest.challenge("far"))])
    far = await carrier.next_call()
    assert far.request.get("Proxy-Authorization")
    assert (await near.cancel()).code == 200
    assert (await near.final(5)).code == 487
    far.trying()
    await far.was_cancelled()
    await closed(Pair(near, far, edge, called), "finish")


async def test_the_end_of_an_early_dialog_is_no_ringing(edge, agent):
    """RFC 6228: 199 says that one of those who rang has refused."""
    pair = await ringing_out(edge, agent)
    await pair.far.ring(199)
    await pair.near.until(lambda: 199 in [r.code for r in pair.near.responses], 10, "199")
    pair.far.refuse(480)
    assert (await pair.near.final()).code == 480
    assert kinds(await closed(pair, "finish")) == ["setup", "attempt", "failed", "finish"]


async def test_a_bye_in_an_early_dialog(edge, agent):
    """RFC 3261 §15 allows it; the callee refuses its INVITE then."""
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    assert (await pair.near.bye()).code == 200
    await pair.far.hung_up()
    pair.far.refuse(487)
    assert (await pair.near.final()).code == 487
    await closed(pair, "finish")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@SIDES
@DIRECTIONS
async def test_who_has_lost_its_connection_is_connected_to(edge, agent, transport, side, direction):
    """Carriers close what is idle for minutes, and listen."""
    pair = await talking(edge, agent, direction, transport, transport)
    actor, other = sides(pair, side)
    other.agent.drop_connections()
    while any(c["src_ip"] == other.agent.address for c in edge.rpc("core.tcp_list") or ()):
        await asyncio.sleep(0.02)
    assert (await actor.bye()).code == 200
    await other.hung_up()
    await closed(pair)


@pytest.mark.parametrize("callee", ["udp", "tcp"])
async def test_a_cancel_that_the_callee_does_not_heed_ends_with_the_ringing(own_edge, agent, callee):
    """It is gone, or answers the CANCEL alone."""
    edge = own_edge(calls={"ring_timeout_ms": 3000})
    pair = await ringing_in(edge, agent, "udp", callee)
    pair.far.transaction.on_cancel = lambda request: None
    await pair.far.ring()
    await pair.near.provisional(180)
    pair.far.agent.drop_connections()
    assert (await pair.near.cancel()).code == 200
    assert (await pair.near.final(10)).code == 487
    assert one(await closed(pair, "finish"), "finish")["code"] == 487
