"""Skype for Business ends a call after 30 s without RTCP (`RTCPActiveCalls`): it gets some, also where the far side
sends none, and goes on getting it."""

import asyncio
import time

import pytest

from scenarios.dialects.speaking import answer_as, answered, call_out, ended
from scenarios.parties import ringing_in
from scenarios.rtcp import SR, Rtcp

pytestmark = [pytest.mark.engines, pytest.mark.long]

PATIENCE = 30.0  # s, of Skype for Business


async def reported_again(rtcp: Rtcp) -> None:
    """Two reports, each in time."""
    for count in (1, 2):
        deadline = time.monotonic() + PATIENCE
        while len(rtcp.received) < count:
            assert time.monotonic() < deadline, "no RTCP came"
            await asyncio.sleep(0.05)
    assert rtcp.received[0][1] == SR


async def test_in_a_call_of_its_own(edge, agent):
    pair = await answered(await call_out(edge, agent, "oracle-invite.sip"))
    await pair.talk()
    await reported_again(await Rtcp.beside(pair.near.audio, answers=False))
    await pair.talk()
    await ended(pair)


async def test_in_a_call_to_it(edge, agent):
    pair = await ringing_in(edge, agent, callee="tcp")
    await answer_as(pair.far, "sfb-answer.txt")
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    await pair.talk()
    await reported_again(await Rtcp.beside(pair.far.audio, answers=False))
    await pair.talk()
    await ended(pair, by="callee")
