"""How the audio of a call was, in its journal: counted at the media relay and reported by the parties themselves."""

import asyncio
import time

import pytest

from scenarios.parties import one, talking
from scenarios.rtcp import JITTER, ROUND_TRIP, Rtcp
from trunkline.node import clear

pytestmark = pytest.mark.engines


def losing(audio, every: int) -> None:
    """From now on one packet in so many is lost on its way."""
    send = audio._send

    def some(*arguments, **named):
        if audio.sent % every == 0:
            audio._sequence = (audio._sequence + 1) & 0xFFFF
        send(*arguments, **named)

    audio._send = some


async def test_the_audio_of_each_party_is_measured(edge, agent, monkeypatch):
    """The caller's RTP loses packets and it reports by RTCP; the callee sends none, and gets some all the same, as
    Skype for Business ends a call after 30 s without."""
    monkeypatch.setattr(clear, "FIRST", 0.5)
    pair = await talking(edge, agent)
    await pair.talk()
    caller_rtcp, callee_rtcp = await Rtcp.beside(pair.near.audio), await Rtcp.beside(pair.far.audio, answers=False)
    losing(pair.near.audio, 10)
    deadline = time.monotonic() + 20
    while not caller_rtcp.sent or not callee_rtcp.received:
        assert time.monotonic() < deadline, "no RTCP came"
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)  # the report arrives
    await pair.near.bye()
    line = one(await pair.events("quality"), "quality")
    caller, callee = line["caller"], line["callee"]
    assert abs(caller["packets"] - pair.near.audio.sent) <= 2
    assert abs(callee["packets"] - pair.far.audio.sent) <= 2
    assert 0.07 < caller["lost"] / caller["packets"] < 0.13
    assert callee["lost"] == 0
    assert ROUND_TRIP * 0.8 <= caller["round_trip"] <= ROUND_TRIP * 2.5
    assert "round_trip" not in callee
    assert callee["jitter"] == JITTER  # as the caller reports
    assert caller["mos"] < 4 < callee["mos"]
