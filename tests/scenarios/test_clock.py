"""The machine's clock is set while a call is under way."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from harness.polling import PATIENCE

pytestmark = pytest.mark.engines

# Python runs it when it starts, also inside Kamailio, before any code of ours.
SET_BY_A_FILE = """
import time

_right = time.time
time.time = lambda: _right() + float(open({path!r}).read())
"""


@pytest.fixture
def clocked(own_edge, monkeypatch):
    """An edge whose routing code sees a clock that can be set: (edge, a function that takes seconds)."""
    # Kamailio drops root and must reach it: pytest's own folders are closed to others.
    with tempfile.TemporaryDirectory(prefix="clock-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        offset = folder / "offset"
        offset.write_text("0")
        (folder / "sitecustomize.py").write_text(SET_BY_A_FILE.format(path=str(offset)))
        monkeypatch.setenv("PYTHONPATH", name)

        def turn(seconds: float) -> None:
            (folder / "next").write_text(str(seconds))
            os.replace(folder / "next", offset)

        yield own_edge(), turn


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
async def test_a_uri_keeps_its_time_when_the_clock_is_set(clocked, agent, seconds):
    """Set back, its second address had a day more to stay silent in; set forward, none had any time left."""
    edge, turn = clocked
    one, other, trunk = await agent(name="one"), await agent(name="other"), await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    edge.resolution("pbx.example", [[one.address, one.port(), 1, 0], [other.address, other.port(), 2, 0]])
    number = edge.number("sip:1@pbx.example;timeout=4000")
    began = time.monotonic()
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    await one.next_call()
    turn(seconds)
    await other.next_call()
    assert (await call.final(PATIENCE)).code == 486
    assert time.monotonic() - began > 3.5
    events = await edge.events("finish", called=number)
    first, second = [event["time"] for event in events if event["event"] == "failed"]
    assert 1 < second - first < 4
