"""An Oracle E-SBC without `max-udp-length=0` answers what is too large for it over UDP by 513: the next target is
called, and the record says why."""

import pytest

from scenarios.dialects.speaking import answer_as, ended
from scenarios.parties import Pair, failures, inbound, to

pytestmark = pytest.mark.engines


async def test_its_513_leads_to_the_next_target(edge, agent):
    first, second = await agent(name="first"), await agent("tcp", name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(513, "Message Too Large")
    pair = Pair(call, await second.next_call(), edge, scene.number)
    await answer_as(pair.far, "oracle-answer.txt")
    assert (await call.final()).code == 200
    await pair.far.confirmed()
    await pair.talk()
    assert failures(await ended(pair)) == [(1, "reply", 513)]


async def test_where_there_is_no_other_the_record_has_it(edge, agent):
    only = await agent(name="only")
    scene = await inbound(edge, agent, to(only))
    call = await scene.dial()
    (await only.next_call()).refuse(513, "Message Too Large")
    response = await call.final()
    assert response.code in range(500, 600)
    events = await scene.events("finish")
    assert failures(events) == [(1, "reply", 513)]
    assert events[-1]["warning"] == response.warning
