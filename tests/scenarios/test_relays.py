"""Two media relays: they share the calls, one takes over for the other, and Redis brings back what it had."""

import asyncio
import os
import signal
import time

import pytest

from harness.polling import until
from scenarios.parties import Pair, forgotten, one, ringing_in, talking
from trunkline.contract.endings import NO_RELAY
from trunkline.node import ports
from trunkline.node.ng import Relay
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines

RELAYS = ("rtpengine", "rtpengine2")


def held(edge) -> list[set[str]]:
    """Of each relay, the Call-IDs that it has."""
    found = []
    for port in ports.read(edge.home.ports).relays:
        relay = Relay(port)
        found.append(set(relay.ask("list", limit=1000)["calls"]))
        relay.close()
    return found


async def spread(edge, agent, each: int = 1):
    """Calls until each relay has so many: those of the first, those of the second."""
    sides = ([], [])
    while min(map(len, sides)) < each:
        assert sum(map(len, sides)) < 60, "one relay gets all calls"
        pair = await talking(edge, agent)
        sides[[pair.near.call_id in calls for calls in held(edge)].index(True)].append(pair)
    return sides


def ranges(edge) -> list[range]:
    media = edge.settings.media
    middle = (media.port_min + media.port_max + 1) // 2
    return [range(media.port_min, middle), range(middle, media.port_max + 1)]


async def test_both_take_calls_each_on_ports_of_its_own(own_edge, agent):
    edge = own_edge(media={"relays": 2})
    for pairs, its_ports in zip(await spread(edge, agent), ranges(edge), strict=True):
        for pair in pairs:
            assert sdp.parse(pair.near.response.body).port in its_ports
            await pair.talk()
            assert (await pair.near.reinvite()).code == 200  # stays where it is
            assert pair.near.remote_audio.port in its_ports
            await pair.near.bye()
            await pair.events("quality")
            await forgotten(edge, pair.near)
    assert held(edge) == [set(), set()]


@pytest.mark.parametrize("victim", RELAYS)
async def test_when_one_dies_the_other_takes_every_new_call_at_once(own_edge, agent, victim):
    edge = own_edge(media={"relays": 2})
    edge.kill(victim)
    survivor = ranges(edge)[1 - RELAYS.index(victim)]
    for _ in range(6):
        began = time.monotonic()
        pair = await talking(edge, agent)
        assert time.monotonic() - began < 3
        assert sdp.parse(pair.near.response.body).port in survivor
        await pair.near.bye()
    if victim == RELAYS[0]:  # and both share the calls again when it is back
        edge.start_engine(victim)
        edge.wait_ready()
        deadline = time.monotonic() + 30
        while not held(edge)[0]:
            assert time.monotonic() < deadline, "it gets no call"
            await talking(edge, agent)
            await asyncio.sleep(0.5)


async def test_a_reinvite_brings_the_audio_back_by_the_other_relay(own_edge, agent):
    edge = own_edge(media={"relays": 2}, calls={"dead_seconds": 3})
    pair = (await spread(edge, agent))[0][0]
    edge.kill(RELAYS[0])
    assert (await pair.near.reinvite()).code == 200
    assert pair.near.remote_audio.port in ranges(edge)[1]
    for call in (pair.near, pair.far):
        call.audio.forget()
    await pair.talk()
    # The relay that died is back without the call, which is not taken for lost.
    edge.start_engine(RELAYS[0])
    await asyncio.sleep(3.5)
    await pair.talk()
    await pair.near.bye()
    await forgotten(edge, pair.near)


@pytest.mark.parametrize("back", [True, False])
async def test_a_call_whose_relay_died_ends(own_edge, agent, back):
    edge = own_edge(calls={"dead_seconds": 2})
    pair = await talking(edge, agent)
    edge.kill("rtpengine")
    if back:
        edge.start_engine("rtpengine")
    await asyncio.gather(pair.near.hung_up(30), pair.far.hung_up(30))
    assert one(await pair.events("end"), "end")["reason"] == "the media relay lost it"


async def on_the_first(edge, agent) -> Pair:
    """A call that rings, and whose offer the first relay has."""
    for _ in range(60):
        pair = await ringing_in(edge, agent)
        if pair.near.call_id in held(edge)[0]:
            return pair
    raise AssertionError("the first relay gets no call")


async def test_an_answer_waits_for_a_relay_that_is_slow(own_edge, agent):
    """Its offer is nowhere else: asked in vain, the other relay would leave the call without audio."""
    edge = own_edge(media={"relays": 2})
    pair = await on_the_first(edge, agent)
    log = edge.home.log / "kamailio.log"
    os.killpg(edge.pid(RELAYS[0]), signal.SIGSTOP)
    await pair.far.answer()
    await asyncio.to_thread(until, lambda: b'waiting reply for command "ping"' in log.read_bytes(), 10)
    os.killpg(edge.pid(RELAYS[0]), signal.SIGCONT)
    await pair.near.final()
    await pair.far.confirmed()
    await pair.talk()
    await pair.near.bye()
    await forgotten(edge, pair.near)


async def test_a_call_whose_answer_no_relay_takes_is_ended_at_once(own_edge, agent):
    """Its parties would hear nothing, and wait for it."""
    edge = own_edge(media={"relays": 2})
    pair = await on_the_first(edge, agent)
    edge.kill(RELAYS[0])
    await pair.far.answer()
    assert b"m=audio 0 " in (await pair.near.final()).body
    ended = one(await pair.events("end"), "end")
    assert (ended["by"], ended["reason"]) == ("edge", NO_RELAY)
    await asyncio.gather(pair.near.hung_up(30), pair.far.hung_up(30))
    edge.start_engine(RELAYS[0])
    edge.wait_ready()
    await forgotten(edge, pair.near)


async def test_with_redis_the_audio_goes_on_after_the_relays_death(own_edge, agent):
    edge = own_edge(media={"relays": 2, "redis": True})
    sides = await spread(edge, agent)
    for pairs in sides:
        await pairs[0].talk()
    before = held(edge)
    gaps = []
    for name, pairs in zip(RELAYS, sides, strict=True):
        heard = pairs[0].far.audio.received
        edge.kill(name)
        edge.start_engine(name)
        began = time.monotonic()
        while pairs[0].far.audio.received < heard + 3:
            assert time.monotonic() - began < 30, "the audio did not come back"
            await asyncio.sleep(0.01)
        gaps.append(time.monotonic() - began)
        for call in (pairs[0].near, pairs[0].far):
            call.audio.forget()
        await pairs[0].talk()
    assert held(edge) == before  # neither took the other's
    assert max(gaps) < 5, gaps
    for pairs in sides:
        assert (await pairs[0].near.bye()).code == 200
        await forgotten(edge, pairs[0].near)
    edge.kill("redis")
    pair = await talking(edge, agent)  # costs no call
    await pair.talk()
    await pair.near.bye()
