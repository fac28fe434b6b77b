"""rtpengine dies: what it costs, and for how long."""

import asyncio
import os
import signal
import time

from chaos.calling import carrier, fresh_number, inbound, outbound, pbx, record
from harness.node import eventually
from harness.placing import dial, hang_up
from trunkline.sandbox.behaviour import echo
from trunkline.sandbox.rtp import AudioError

BACK_SECONDS = 5.0


async def test_calls_are_refused_in_words_until_it_is_back(node, agent):
    """It is killed for as long as we want by holding its place: a process manager that is frozen restarts nothing."""
    far, ua = await carrier(node, agent), await agent()
    far.on_call = echo
    manager = int((node.home.run / "supervisord.pid").read_text())
    killed = node.pid("rtpengine")
    node.kill(manager, number=signal.SIGSTOP)
    try:
        node.kill(*node.members("rtpengine"))
        number = fresh_number()
        call = await dial(node, ua, node.key, number)
        response = await call.final()
        assert response.code == 503
        assert "media" in response.warning
        assert (await record(node, number))["code"] == 503
    finally:
        node.kill(manager, number=signal.SIGCONT)
    await eventually(lambda: node.is_back("rtpengine", killed) and node.serves(), BACK_SECONDS, "rtpengine is back")
    assert [await has_audio(node, ua) for _ in range(4)] == [True] * 4


async def has_audio(node, ua) -> bool:
    call = await dial(node, ua, node.key, fresh_number())
    assert (await call.final()).code == 200
    call.audio.play(600)
    try:
        await call.audio.hear(600)
    except AudioError:
        return False
    finally:
        await call.bye()
    return True


def test_audio_goes_before_all_else_on_a_busy_machine(node):
    niceness = {name: os.getpriority(os.PRIO_PROCESS, node.pid(name)) for name in ("rtpengine", "kamailio", "web")}
    assert niceness["rtpengine"] < min(niceness["kamailio"], niceness["web"])


async def test_calls_that_were_up_end_properly(node, agent):
    far, ua, its_pbx = await carrier(node, agent), await agent(), await pbx(node, agent)
    number, other = fresh_number(), fresh_number()
    call, incoming = await outbound(node, ua, far, number)
    call2, incoming2 = await outbound(node, ua, far, other)
    began = time.monotonic()
    killed = node.pid("rtpengine")
    node.kill(*node.members("rtpengine"))
    # One ends while it is away, the other when another rtpengine is there, which knows neither.
    await call.bye()
    await incoming.hung_up()
    await eventually(lambda: node.is_back("rtpengine", killed) and node.serves(), BACK_SECONDS, "rtpengine is back")
    await hang_up(*await inbound(node, far, its_pbx))
    assert time.monotonic() - began < BACK_SECONDS, "calls can be made again"
    await incoming2.bye()
    await call2.hung_up()
    for called, by in ((number, "caller"), (other, "callee")):
        found = await record(node, called)
        assert (found["outcome"], found["hung_up_by"]) == ("answered", by)


async def test_a_renegotiation_brings_the_audio_back(node, agent):
    """A re-INVITE's offer makes a session anew; a PBX that hears nothing can mend its call that way."""
    far, ua = await carrier(node, agent), await agent()
    call, incoming = await outbound(node, ua, far)
    killed = node.pid("rtpengine")
    node.kill(*node.members("rtpengine"))
    await eventually(lambda: node.is_back("rtpengine", killed) and node.serves(), BACK_SECONDS, "rtpengine is back")
    assert (await call.reinvite()).code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await asyncio.gather(incoming.audio.hear(440), call.audio.hear(600))
    await hang_up(call, incoming)
