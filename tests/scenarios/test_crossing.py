"""Messages that cross, or come behind what they should have come before: both sides end up in one state, and one record
and no count are left of the call."""

import asyncio

import pytest

from harness import placing
from harness.node import eventually
from scenarios.afterwards import DIRECTIONS, SIDES, closed, hear_again, hold, hung_up, refuse, respond
from scenarios.parties import RINGING, Pair, connected, inbound, kinds, one, ringing_in, ringing_out, sides, talking, to
from trunkline.contract import store
from trunkline.sandbox import digest, sdp

pytestmark = pytest.mark.engines


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
    assert [event["cause"] for event in await pair.events("finish") if event["event"] == "failed"] == ["cancel"]


async def test_nobody_else_rings_for_a_caller_that_has_left_by_a_bye(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    near = await scene.dial()
    far = await first.next_call()
    await far.ring()
    await near.provisional(180)
    assert (await near.bye()).code == 200
    await far.hung_up()
    far.refuse(500)
    assert (await near.final()).code == 487
    assert not second.calls
    events = await scene.events("finish")
    assert [event["cause"] for event in events if event["event"] == "failed"] == ["cancel"]


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@SIDES
@DIRECTIONS
async def test_who_has_lost_its_connection_is_connected_to(edge, agent, transport, side, direction):
    """Carriers close what is idle for minutes, and listen."""
    pair = await talking(edge, agent, direction, transport, transport)
    actor, other = sides(pair, side)
    other.agent.drop_connections()
    await eventually(lambda: not connected(edge, other.agent), what="the edge has noticed")
    assert (await actor.bye()).code == 200
    await other.hung_up()
    await closed(pair)


@pytest.mark.gives_itself_away  # what one of the carrier's machines wrote reaches the other one
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_who_has_lost_its_connection_is_connected_to_where_its_contact_leads(edge, agent, transport):
    """A carrier may call from one machine and be called at another."""
    pbx, contact = await agent(name="pbx"), await agent(transport, name="trunk")
    scene = await inbound(edge, agent, to(pbx), transport=transport)
    scene.trunk.contact_for = lambda hop, user="": contact.contact_for(hop, user)
    near = await scene.dial()
    far = await pbx.next_call()
    await far.answer()
    await near.final()
    await far.confirmed()
    scene.trunk.stop_listening()
    scene.trunk.drop_connections()
    await eventually(lambda: not connected(edge, scene.trunk), what="the edge has noticed")
    contact.calls |= scene.trunk.calls
    assert (await far.bye()).code == 200
    await near.hung_up()
    await closed(Pair(near, far, edge, scene.number))


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


def last_sent(agent, start: bytes) -> bytes:
    """The newest message with a description that an agent sent and that begins so."""
    return next(e.data for e in reversed(agent.trace.entries) if e.data.startswith(start) and e.sent and e.message.body)


@SIDES
async def test_an_offer_that_a_bye_has_crossed_has_no_media(edge, agent, side):
    """They would talk on, unrecorded, on ports that nobody lets go."""
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    receive, held = other.receive, []
    other.receive = lambda *arguments: held.append(arguments)
    request = actor.dialog.request("INVITE")
    request.add("Contact", actor.agent.contact_for(actor.hop))
    pending = asyncio.ensure_future(actor.agent.transact(request, actor.hop))
    await eventually(lambda: held, what="the offerless INVITE has come")
    assert (await other.send("BYE")).code == 200
    await closed(pair)
    receive(*held[0])
    response = await pending
    assert (response.code, b"m=audio 0 " in response.body) == (200, True)
    await closed(pair)


async def test_a_prack_that_comes_behind_the_end_offers_nothing(edge, agent):
    pair = await ringing_in(edge, agent, reliable=False, headers=[("Supported", "100rel")])
    await pair.far.ring(183, headers=[("Require", "100rel"), ("RSeq", "1")])
    await pair.near.provisional(183)
    body = pair.near.make_offer()
    pair.far.refuse(486)
    await closed(pair, "finish")
    headers = [("RAck", f"1 {pair.near.request.cseq[0]} INVITE"), ("Content-Type", sdp.TYPE)]
    response = await pair.near.send("PRACK", body, headers)
    assert (response.code, "belongs to no call" in response.warning) == (481, True)
    await closed(pair, "finish")


@SIDES
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_a_copy_of_an_answer_undoes_nothing(edge, agent, side, method):
    """Of a hold that is over."""
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    offer = actor.reinvite if method == "INVITE" else actor.update
    assert (await offer("inactive")).code == 200
    copy = last_sent(other.agent, b"SIP/2.0 200")
    assert (await offer("sendrecv")).code == 200
    await other.agent.send_raw(copy, edge.udp)
    assert (await other.info(b"behind it", "text/plain")).code == 200
    await hear_again(pair)
    await hung_up(pair)


@SIDES
async def test_a_copy_of_an_ack_with_an_answer_undoes_nothing(edge, agent, side):
    """It goes on, as its receiver may have missed the first one, with what that said."""
    pair = await talking(edge, agent)
    actor, other = sides(pair, side)
    request = actor.dialog.request("INVITE")
    request.add("Contact", actor.agent.contact_for(actor.hop))
    response = await actor.agent.transact(request, actor.hop)
    ack = actor.dialog.request("ACK", request.cseq[0])
    ack.add("Content-Type", sdp.TYPE)
    ack.body = actor.take_offer(response.body).replace(b"a=sendrecv", b"a=inactive")
    await actor.agent.send(ack, actor.hop)
    acks = lambda: [r.body for r in other.requests if r.method == "ACK" and r.body]  # noqa: E731
    await other.until(acks, 10, "the answer")
    copy = last_sent(actor.agent, b"ACK")
    assert (await actor.reinvite("sendrecv")).code == 200
    await actor.agent.send_raw(copy, edge.udp)
    await other.until(lambda: len(acks()) == 2, 10, "the copy")
    assert b"a=inactive" in acks()[0] == acks()[1]
    await hear_again(pair)
    await hung_up(pair)


async def test_an_offer_waits_as_long_as_its_sender_does(edge, agent):
    """A 408 would have that one end the call, for a way that was broken for some seconds."""
    pair = await talking(edge, agent)
    receive, loop = pair.far.receive, asyncio.get_running_loop()
    pair.far.receive = lambda request, transaction: (
        loop.call_later(5.5, receive, request, transaction)
        if request.method == "INVITE"
        else receive(request, transaction)
    )
    assert (await pair.near.reinvite()).code == 200
    await hear_again(pair)
    await hung_up(pair)


async def test_a_copy_of_an_invite_is_not_refused_by_a_node_that_is_drained_meanwhile(edge, agent):
    pair = await ringing_in(edge, agent)
    await pair.far.ring()
    await pair.near.provisional(180)
    store.set_draining(edge.store, True)
    try:
        await pair.near.agent.send_raw(last_sent(pair.near.agent, b"INVITE"), edge.udp)
        await pair.near.until(lambda: len(pair.near.responses) == 3, 10, "another response")
        assert [r.code for r in pair.near.responses] == [100, 180, 180]
    finally:
        store.set_draining(edge.store, False)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await hung_up(pair)
