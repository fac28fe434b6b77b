"""A call of Skype for Business may ring in several places: each early dialog has its own tag, and one is answered."""

import pytest

from scenarios.dialects.speaking import call_out, ended
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


async def test_the_tags_of_three_forks_reach_the_caller_and_the_last_answers(edge, agent):
    pair = await call_out(edge, agent, "oracle-invite.sip")
    answering = pair.far.local_tag
    for tag in ("fork-one", "fork-two"):
        ringing = pair.far.agent.response(pair.far.request, 180, tag=tag)
        ringing.headers += [("Record-Route", route) for route in pair.far.request.all("Record-Route")]
        ringing.add("Contact", pair.far.agent.contact_for(pair.far.transaction.flow.remote))
        pair.far._respond(ringing)
    pair.far.local_sdp = b""
    await pair.far.ring(183, body=AUTO)
    await pair.near.provisional(183)
    await pair.near.until(lambda: len({r.tag("To") for r in pair.near.responses if 180 <= r.code < 200}) == 3, 5, "3")
    await pair.far.answer()
    assert (await pair.near.final()).tag("To") == answering
    await pair.talk()
    await ended(pair)
