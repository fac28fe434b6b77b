"""The responses of RFC 4475 where they answer something: from the far side of a call."""

import pytest

from scenarios.parties import kinds, ringing_out
from scenarios.torture.messages import written
from scenarios.torture.sending import nothing_left, unended
from trunkline.sandbox.message import Response, parse

pytestmark = pytest.mark.engines


def status_line(name: str) -> Response:
    return parse(written(name, "x").partition(b"\r\n")[0] + b"\r\n\r\n")


@pytest.mark.parametrize("name", ["unreason", "noreason"])
async def test_an_odd_reason_is_one(edge, agent, name):
    pair = await ringing_out(edge, agent)
    reason, usual = status_line(name).reason, pair.far.agent.response

    def response(*arguments) -> Response:
        made = usual(*arguments)
        made.reason = reason
        return made

    pair.far.agent.response = response
    await pair.far.ring()
    assert (await pair.near.provisional(180)).reason == reason
    await pair.far.answer()
    answer = await pair.near.final()
    assert (answer.code, answer.reason) == (200, reason)
    await pair.talk()
    assert (await pair.near.bye()).reason == reason
    assert kinds(await pair.events("end")) == ["setup", "attempt", "progress", "answer", "end"]


async def test_a_status_beyond_all_is_none(edge, agent):
    pair = await ringing_out(edge, agent)
    line = written("bigcode", "x").partition(b"\r\n")[0]
    ringing = bytes(pair.far.agent.response(pair.far.request, 180)).partition(b"\r\n")[2]
    await pair.far.agent.send_raw(line + b"\r\n" + ringing, edge.udp)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    assert [response.code for response in pair.near.responses] == [407, 100, 200]
    await pair.talk()
    await pair.near.bye()


async def test_a_refusal_whose_numbers_are_too_large_is_one(edge, agent):
    others = unended(edge)
    pair = await ringing_out(edge, agent)
    odd = parse(written("scalarlg", "x"))
    pair.far.refuse(503, headers=[(name, odd.get(name)) for name in ("Retry-After", "Warning")])
    refusal = await pair.near.final()
    assert (refusal.code, "No carrier could take the call" in refusal.warning) == (503, True)
    assert refusal.get("Retry-After") is None
    assert kinds(await pair.events("finish"))[-2:] == ["failed", "finish"]
    await nothing_left(edge, others)
