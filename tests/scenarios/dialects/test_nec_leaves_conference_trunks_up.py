"""An SV9100 may leave the trunks of a conference up when nobody is there any more: without audio the call is ended."""

import pytest

from harness.plugin import running
from scenarios.dialects.speaking import answered, call_out
from scenarios.parties import one

pytestmark = pytest.mark.engines

DEAD = 2  # s


@pytest.fixture
def edge(addresses):
    """One that loses patience soon."""
    with running(addresses, calls={"dead_seconds": DEAD}) as started:
        yield started


async def test_a_call_that_nobody_talks_in_ends_in_words(edge, agent):
    pair = await answered(await call_out(edge, agent, "nec-invite.sip"))
    await pair.talk()
    for call in (pair.near, pair.far):
        call.audio.mute()
    for call in (pair.near, pair.far):
        await call.hung_up(30.0)
        assert "no audio" in call.requests[-1].get("Reason")
    end = one(await pair.events("end"), "end")
    assert (end["by"], end["reason"]) == ("edge", f"no audio from either party for {DEAD} s")
