"""Whoever sends RTP to a call's port on the open Internet: nobody hears it, and it gets nobody's audio."""

import contextlib

import pytest

from scenarios.parties import learnt, talking
from trunkline.sandbox.rtp import RtpSession

pytestmark = [pytest.mark.engines, pytest.mark.gives_itself_away, pytest.mark.long]

OFTEN = 6  # a stranger that sends more than the party itself is the newest that was heard nearly always


@contextlib.asynccontextmanager
async def strangers(agent, call):
    """Send a tone to the port at which the service expects a party's audio; yields what listens there."""
    at, sessions = call.remote_audio, []
    for _ in range(OFTEN):
        session = await RtpSession.open(agent.address())
        session.connect(at.address, at.port, at.codec)
        session.play(900)
        sessions.append(session)
    try:
        yield sessions
    finally:
        for session in sessions:
            session.close()


async def quiet(sessions, seconds: float = 1.0) -> bool:
    """Whether none of them gets anything for a while."""
    before = [session.received for session in sessions]
    with contextlib.suppress(TimeoutError):
        await sessions[0].until(lambda: [s.received for s in sessions] != before, seconds, "a packet")
    return [session.received for session in sessions] == before


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_during_a_call_they_are_not_heard(edge, agent, direction):
    pair = await talking(edge, agent, direction)
    await pair.talk()
    await learnt(pair.near)
    for call in (pair.near, pair.far):
        async with strangers(agent, call) as sessions:
            assert await quiet(sessions)
            await pair.near.audio.hear(600)
            await pair.far.audio.hear(440)
    await pair.near.bye()


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_party_whose_nat_gives_it_another_port_is_heard_again_after_its_next_offer(edge, agent, direction):
    pair = await talking(edge, agent, direction)
    await pair.talk()
    await learnt(pair.near)
    pair.near.audio.mute()
    moved = await RtpSession.open(pair.near.agent.address)
    try:
        assert (await pair.near.reinvite("sendrecv")).code == 200
        pair.near.audio.mute()
        at = pair.near.remote_audio
        moved.connect(at.address, at.port, at.codec)
        moved.play(440)
        await learnt(pair.far)
        await pair.far.audio.hear(440)
        await moved.hear(600)
    finally:
        moved.close()
    await pair.near.bye()


async def test_nor_are_they_after_the_relays_restart(own_edge, agent):
    """Redis has where the parties send from, also one whose description names another place."""
    edge = own_edge(media={"redis": True})
    pair = await talking(edge, agent, "out")
    pair.near.audio.play(440)
    pair.far.audio.mute()
    moved = await RtpSession.open((await agent()).address)
    try:
        at = pair.far.remote_audio
        moved.connect(at.address, at.port, at.codec)
        moved.play(600)
        await moved.hear(440)
        await learnt(pair.near)
        edge.kill("rtpengine")
        moved.forget()
        pair.near.audio.forget()
        edge.start_engine("rtpengine")
        await pair.near.audio.hear(600)
        await moved.hear(440)
        async with strangers(agent, pair.far) as sessions:
            assert await quiet(sessions)
            await pair.near.audio.hear(600)
            await moved.hear(440)
    finally:
        moved.close()
    await pair.near.bye()
