"""Kamailio dies during a call."""

import asyncio
import time

import pytest

from chaos.calling import back_to_work, carrier, dial_carrier, fresh_number, inbound, outbound, pbx, record
from harness.node import NUMBER
from harness.placing import dial, hang_up

BACK_SECONDS = 5.0
VICTIMS = {
    "every process": lambda pids: pids,
    "the main process": lambda pids: pids[:1],
    "one worker": lambda pids: pids[2:3],
}


@pytest.mark.parametrize("victims", VICTIMS)
async def test_calls_outlive_kamailio(node, agent, victims):
    """Audio goes on, either side can hang up afterwards, and both records are whole."""
    far, ua, its_pbx = await carrier(node, agent), await agent(), await pbx(node, agent)
    number, other = fresh_number(), fresh_number()
    call, incoming = await outbound(node, ua, far, number)
    call2, incoming2 = await outbound(node, ua, far, other)
    call.audio.play(440)
    await incoming.audio.hear(440)

    killed = node.pid("kamailio")
    began = time.monotonic()
    node.kill(*VICTIMS[victims](node.members("kamailio")))
    incoming.audio.forget()
    await incoming.audio.hear(440)

    await back_to_work(node, "kamailio", killed, BACK_SECONDS)
    await hang_up(*await outbound(node, ua, far))
    assert time.monotonic() - began < BACK_SECONDS, "calls can be made again"
    await hang_up(*await inbound(node, far, its_pbx))

    await call.bye()
    await incoming.hung_up()
    await incoming2.bye()
    await call2.hung_up()
    first, second = await record(node, number), await record(node, other)
    assert (first["outcome"], first["hung_up_by"]) == ("answered", "caller")
    assert (second["outcome"], second["hung_up_by"]) == ("answered", "callee")
    assert [attempt["code"] for attempt in first["attempts"]] == [200]


async def ringing(call, far) -> tuple:
    """A call that the far side has not answered yet: (our end, the far end)."""
    incoming = await far.next_call()
    await incoming.ring()
    await call.provisional(180)
    return call, incoming


@pytest.mark.parametrize("when", ["while it is away", "when it is back"])
async def test_a_call_that_rings_meanwhile_is_answered(node, agent, when):
    """Its transaction is gone, but both parties still wait; each way, as the description is of one side each."""
    far, ua, its_pbx = await carrier(node, agent), await agent(), await pbx(node, agent)
    number = fresh_number()
    out, come_out = await ringing(await dial(node, ua, node.key, number), far)
    into, come_in = await ringing(await dial_carrier(node, far, f"+{NUMBER}"), its_pbx)

    killed = node.pid("kamailio")
    node.kill(*node.members("kamailio"))
    if when == "when it is back":
        await back_to_work(node, "kamailio", killed, BACK_SECONDS)
    answering = asyncio.gather(come_out.answer(), come_in.answer())
    for call, incoming in ((out, come_out), (into, come_in)):
        assert (await call.final()).code == 200
        call.audio.play(440)
        incoming.audio.play(880)
        await incoming.audio.hear(440)
        await call.audio.hear(880)
    await answering

    its = into.invitation.caller.partition("+")[2].partition("@")[0]
    await out.bye()
    await come_out.hung_up()
    (known,) = await asyncio.to_thread(node.records, its)
    await asyncio.to_thread(node.do, "calls", "end", known["uid"])
    await into.hung_up()  # its Contact is forgotten
    await come_in.hung_up()
    for asked, by in ((number, "caller"), (its, "edge")):
        found = await record(node, asked)
        assert (found["outcome"], found["code"], found["hung_up_by"]) == ("answered", 200, by)
        assert found["duration"] > 0


async def test_a_registered_pbx_is_reachable_after_it(node, agent):
    far, its_pbx = await carrier(node, agent), await agent()
    response = await its_pbx.register(node.uri(), node.key.name, node.key.secret, node.udp)
    assert response.code == 200
    await asyncio.to_thread(node.do, "number", "forward", NUMBER, node.uri(node.key.name))
    await asyncio.to_thread(node.caught_up)
    try:
        await hang_up(*await inbound(node, far, its_pbx))
        killed = node.pid("kamailio")
        node.kill(*node.members("kamailio"))
        await back_to_work(node, "kamailio", killed, BACK_SECONDS)
        await hang_up(*await inbound(node, far, its_pbx))
    finally:
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:pbx@{node.pbx_address}:5060")
        await asyncio.to_thread(node.caught_up)
