"""A target that forks: more than one callee rings or answers behind it, and the call is with the first that answers.
And a caller that does."""

import pytest

from harness import placing
from scenarios.afterwards import DIRECTIONS, account, hear_again, hung_up, respond
from scenarios.parties import CARRIER, RINGING, Pair, inbound, kinds, one, refused, ringing_in, to
from trunkline.sandbox import behaviour
from trunkline.sandbox.call import AUTO
from trunkline.sandbox.incoming import IncomingCall

pytestmark = pytest.mark.engines


async def another(call: IncomingCall) -> IncomingCall:
    """Another callee behind the same target, which forks."""
    second = IncomingCall(call.agent, call.request, call.transaction)
    call.agent.calls[call.request.call_id, second.local_tag] = second
    (await second.open_audio()).mute()  # the relay would learn from it where the target's audio comes from
    return second


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
    [late] = [response for response in pair.near.responses if response.tag("To") == second.local_tag]
    assert (late.code, late.body) == (200, b"")  # nothing that its audio could go to, unrecorded
    await hear_again(pair)
    assert placing.active(edge, account(pair)) == 1
    assert kinds(await hung_up(pair)) == ["setup", "attempt", "answer", "end"]


async def test_a_second_callee_behind_a_challenge_is_known_by_the_callers_cseq(edge, agent):
    """It has the next one (RFC 3261 §22.2); the caller would not end what it cannot tell the request of."""
    key, ua, carrier, ends = edge.key(), await agent(), await agent(), []
    prefix = edge.route(edge.carrier(carrier.address, carrier.port(), username="trunk", password="s3cret"))

    async def answer(incoming):
        ends.append(incoming)
        await incoming.answer()

    carrier.on_call = behaviour.challenge("trunk", "s3cret", answer)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    await ends[0].confirmed()
    second = await another(ends[0])
    await respond(second, 200)
    await second.hung_up()
    [late] = [response for response in call.responses if response.tag("To") == second.local_tag]
    assert late.cseq == call.request.cseq == (ends[0].request.cseq[0] - 1, "INVITE")
    await placing.hang_up(call, ends[0])


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


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_branch_of_a_call_that_its_caller_forks_takes_nothing_from_the_first(edge, agent, elsewhere):
    """Its media would be the first one's (RFC 3261 §8.2.2.2 has a merged request refused)."""
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx))
    near = await scene.dial()
    far = await pbx.next_call()
    await far.ring()

    async def branch() -> None:
        def the_same(request) -> None:
            request.set("Call-ID", near.call_id)
            request.set("From", near.request.get("From"))

        called = edge.number(to(await agent(name="another"))) if elsewhere else scene.number
        await refused(await scene.trunk.dial(edge.uri(f"+{called}"), edge.udp, caller=CARRIER, edit=the_same), 482)

    await branch()
    await far.answer()
    await near.final()
    await branch()
    pair = Pair(near, far, edge, scene.number)
    await pair.talk()
    assert (await near.bye()).code == 200
    uid = one(edge.journal(event="setup", called=scene.number), "setup")["call"]
    assert [e["by"] for e in edge.journal(event="end", call=uid)] == ["caller"]
