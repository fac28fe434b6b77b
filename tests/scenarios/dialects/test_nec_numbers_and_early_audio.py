"""NEC SV9100: '+' and country code in both numbers, the trunk's name in From, and audio from the first 18x with SDP."""

import pytest

from scenarios.dialects.speaking import CALLER, answered, call_out, ended
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_it_talks_before_the_answer_in_the_payload_types_that_it_named(edge, agent):
    pair = await call_out(edge, agent, "nec-invite.sip")
    assert pair.far.user == pair.called
    assert f"sip:+{CALLER}@{edge.domain}" in pair.far.request.get("From")
    assert not pair.far.request.get("P-Preferred-Identity")
    assert [pair.far.request.get(header) for header in ("Session-Expires", "Min-SE")] == ["1800", "1800"]
    await pair.far.open_audio()
    pair.far.audio.play(600)
    await pair.far.ring(180, body=AUTO)
    await pair.near.provisional(180)
    pair.near.audio.play(440)
    await pair.far.audio.hear(440)
    await pair.near.audio.hear(600)
    await answered(pair)
    assert pair.near.remote_audio.event.number == 110
    pair.near.audio.dial("42#")
    await pair.far.audio.until(lambda: pair.far.audio.digits == "42#", 10, lambda: pair.far.audio.digits)
    events = await ended(pair)
    assert events[0]["caller"] == CALLER
