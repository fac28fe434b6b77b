"""A copy of a request that comes when Kamailio has forgotten its transaction: RFC 6026 has it absorbed for 32 s, and a
network, or a user agent that was held up, delivers it that late."""

import re
from contextlib import contextmanager

import pytest

from harness import placing
from harness.node import eventually
from scenarios.parties import RINGING, kinds, received, ringing_behind_a_challenge, sides, talking
from trunkline.contract.endings import LOST_ACK, NO_ACK

pytestmark = [pytest.mark.engines, pytest.mark.long]

FORGOTTEN = 15  # s, in which tm lets a transaction go that is over


async def freed(pair) -> None:
    listed = lambda: [transaction["callid"] for transaction in pair.edge.rpc("tm.list")]  # noqa: E731
    gone = lambda: not any(pair.near.call_id in header for header in listed())  # noqa: E731
    await eventually(gone, FORGOTTEN, "tm has freed every transaction")


@contextmanager
def without_acks(agent):
    """The way of an agent's ACKs is broken."""
    transmit = agent._transmit

    def broken(message, flow) -> None:
        if getattr(message, "method", "") != "ACK":
            transmit(message, flow)

    agent._transmit = broken
    yield
    agent._transmit = transmit


def last_sent(agent, method: str) -> bytes:
    """The newest request of a method, as it went out."""
    start = method.encode() + b" "
    return next(e.data for e in reversed(agent.trace.entries) if e.sent and e.data.startswith(start))


async def hears_nothing_of(pair, copies, side: str) -> None:
    """What one side sent, copied when tm has forgotten it, does not reach the other, and the audio goes on."""
    actor, other = sides(pair, side)
    await freed(pair)
    before = len(other.requests)
    for copy in copies:
        await actor.agent.send_raw(copy, pair.edge.udp)
    assert (await actor.send("OPTIONS")).code == 200  # it is answered behind the copies
    assert [r.method for r in other.requests[before:]] == ["OPTIONS"]
    pair.near.audio.forget()
    pair.far.audio.forget()
    await pair.talk()
    await pair.near.bye()
    assert kinds(await pair.events("end")) == ["setup", "attempt", "answer", "end"]


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_call_is_placed_once(edge, agent, direction):
    pair = await talking(edge, agent, direction)
    copy = last_sent(pair.near.agent, "INVITE")
    branch = pair.near.request.branch
    assert any(branch in entry["name"] for slot in edge.rpc("htable.dump", "begun") for entry in slot["slot"])
    await freed(pair)
    await pair.near.agent.send_raw(copy, edge.udp)
    await pair.near.bye()  # it is answered behind the copy
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "answer", "end"]
    assert len(edge.journal(event="setup", called=pair.called)) == 1
    with pytest.raises(TimeoutError):
        await pair.far.agent.next_call(timeout=0.3)


@pytest.mark.parametrize("ringing", [*RINGING.values(), ringing_behind_a_challenge])
async def test_an_answer_is_confirmed_at_last(edge, agent, ringing):
    """The way of the ACKs is broken for longer than tm keeps the transaction."""
    pair = await ringing(edge, agent)
    ua = pair.near.agent
    with without_acks(ua):
        await pair.far.answer(headers=[("Server", "far-side")])
        await pair.near.final()
        await freed(pair)
    await pair.far.confirmed()
    first, *_, repeated = received(ua, b"SIP/2.0 200")
    assert (repeated.body, repeated.get("Server")) == (first.body, None)
    assert repeated.cseq == pair.near.request.cseq  # many ignore what is of another one
    assert (await pair.near.bye()).code == 200
    assert kinds(await pair.events("end"))[-2:] == ["answer", "end"]


@pytest.mark.parametrize("side", ["near", "far"])
@pytest.mark.parametrize("ringing", [RINGING["in"], ringing_behind_a_challenge])
async def test_an_answer_within_the_call_is_confirmed_at_last(edge, agent, ringing, side):
    """Nothing in it proves its call."""
    pair = await ringing(edge, agent)
    await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    actor, other = sides(pair, side)
    with without_acks(actor.agent):
        assert (await actor.reinvite("sendonly")).code == 200
        await freed(pair)
    number = actor.dialog.sequence
    copies = lambda: [m for m in received(actor.agent, b"SIP/2.0 200") if m.cseq == (number, "INVITE")]  # noqa: E731
    before = len(copies())
    await eventually(lambda: len(copies()) > before, 10, "the answer comes once more")
    assert len({copy.body for copy in copies()}) == 1
    await actor.agent.send(actor.dialog.request("ACK", number), actor.hop)
    assert (await other.next_request("ACK")).cseq[1] == "ACK"
    assert (await actor.reinvite()).code == 200
    await pair.talk()
    await pair.near.bye()


async def test_an_answer_of_a_target_that_was_given_up_says_nothing_of_the_calls_end(edge, agent):
    """It stands in for one whose transaction is over: the call's own answer was confirmed long before."""
    pair = await talking(edge, agent, "in")
    answer = next(e.data for e in pair.far.agent.trace.entries if e.sent and e.data.startswith(b"SIP/2.0 200"))
    await freed(pair)
    tag = re.search(rb"To:[^\r]*;tag=([^;\r]+)", answer)[1]
    await pair.far.agent.send_raw(answer.replace(tag, b"given-up"), edge.udp)
    tags = lambda: [message.get("To") for message in received(pair.near.agent, b"SIP/2.0 200")]  # noqa: E731
    await eventually(lambda: "given-up" in tags()[-1], 10, "it has passed the edge")
    assert (await pair.far.bye()).code == 200
    end = (await pair.events("end"))[-1]
    assert (end["by"], end.get("reason")) == ("callee", None)


async def test_what_answers_no_call_of_ours_goes_nowhere(edge, agent):
    """Or anybody could have us send something to somebody."""
    pair = await talking(edge, agent, "out")
    answer = next(e.data for e in pair.far.agent.trace.entries if e.sent and e.data.startswith(b"SIP/2.0 200"))
    await freed(pair)
    token = re.search(rb";tl=[^;>]+", answer)[0]
    before = len(received(pair.near.agent, b"SIP/2.0"))
    tag = re.search(rb"To:[^\r]*;tag=([^;\r]+)", answer)[1]
    for forged in (
        answer.replace(token, token[:-1] + (b"0" if token[-1:] != b"0" else b"1")).replace(tag, b"stranger"),
        answer.replace(b"SIP/2.0 200 OK", b"SIP/2.0 183 Session Progress"),
        answer.replace(b"CSeq: 2 INVITE", b"CSeq: 2 OPTIONS"),
    ):
        assert forged != answer
        await pair.far.agent.send_raw(forged, edge.udp)
    assert (await pair.near.bye()).code == 200  # it is answered behind them
    assert len(received(pair.near.agent, b"SIP/2.0")) == before + 1


@pytest.mark.parametrize("side", ["near", "far"])
async def test_what_was_offered_since_stays(edge, agent, side):
    """A hold that is over is not begun again, nor is a digit dialled twice."""
    pair = await talking(edge, agent)
    actor, _ = sides(pair, side)
    copies = []
    for offer, method in ((actor.reinvite, "INVITE"), (actor.update, "UPDATE")):
        assert (await offer("inactive")).code == 200
        copies.append(last_sent(actor.agent, method))
        assert (await offer("sendrecv")).code == 200
    assert (await actor.info(b"Signal=5\r\nDuration=160\r\n")).code == 200
    await hears_nothing_of(pair, [*copies, last_sent(actor.agent, "INFO")], side)


async def test_a_refusal_of_ours_is_said_again(edge, agent):
    """The edge keeps no transaction for it, and its sender may have missed it."""
    pair = await talking(edge, agent)
    body = pair.near.make_offer().replace(b"m=audio", b"m=image").replace(b"RTP/AVP", b"udptl")
    assert (await pair.near.send("INVITE", body, [("Content-Type", "application/sdp")])).code == 488
    copy = last_sent(pair.near.agent, "INVITE")
    await pair.near.agent.send_raw(copy, edge.udp)
    branch = copy.split(b"branch=")[1].split(b";")[0]
    responses = lambda: [e.data for e in agent.trace.entries if not e.sent and branch in e.data]  # noqa: E731
    refusals = lambda: [data for data in responses() if data.startswith(b"SIP/2.0 488")]  # noqa: E731
    await eventually(lambda: len(refusals()) == 2, 10, "the refusal comes once more")
    await pair.near.bye()


@pytest.mark.parametrize(
    ("acknowledges", "by", "said"),
    [
        (False, "callee", f"SIP 408; {NO_ACK}"),
        (True, "callee", f"SIP 408; {LOST_ACK}"),
        (True, "caller", "SIP;cause=408"),  # it does not wait for it
    ],
)
async def test_a_callee_that_no_ACK_reaches_says_why_it_hangs_up(edge, agent, monkeypatch, acknowledges, by, said):
    """Some 32 s after its answer; the record tells whose ACK is missing, which ends the argument."""
    key, ua, far = edge.key(), await agent(), await agent()
    number = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    call = await placing.dial(edge, ua, key, f"+{number}")
    incoming = await far.next_call()
    monkeypatch.setattr(incoming, "_acknowledged", lambda request: None)  # it goes on repeating its answer
    send = ua.send

    async def send_no_ack(request, hop):
        if acknowledges or request.method != "ACK":
            await send(request, hop)

    monkeypatch.setattr(ua, "send", send_no_ack)
    await incoming.answer()
    assert (await call.final()).code == 200
    expected = f"{edge.call_events(called=number)[0]['call']} ack", "passed" if acknowledges else "missing"

    def noted() -> bool:
        entries = [entry for slot in edge.rpc("htable.dump", "late") for entry in slot["slot"]]
        return expected in [(entry["name"], entry["value"]) for entry in entries]

    await eventually(noted, 2 * FORGOTTEN, "the edge has seen a late answer, and what becomes of its ACK")
    await {"callee": incoming, "caller": call}[by].bye(headers=[("Reason", "SIP;cause=408")])
    end = (await edge.events("end", called=number))[-1]
    assert (end["by"], end["reason"]) == (by, said)
