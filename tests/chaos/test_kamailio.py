"""Kamailio dies during a call."""

import asyncio
import time

import pytest

from chaos.calling import back_to_work, carrier, fresh_number, inbound, outbound, pbx, record
from harness.node import NUMBER
from harness.placing import hang_up

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
