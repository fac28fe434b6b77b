"""A real Asterisk refreshes its session by its own timer, through the edge: at half of the shortest time there is."""

import pytest

from interop.test_asterisk import FLAVOURS, call_out, talk

pytestmark = [pytest.mark.engines, pytest.mark.long]

SECONDS = 90  # RFC 4028 §4: no session may be shorter


@pytest.fixture(scope="module")
def pbx(edge, addresses):
    with FLAVOURS["udp"](edge, addresses) as flavour:
        yield flavour


async def test_it_refreshes_at_half_time(pbx, agent):
    shorter = [("Session-Expires", f"{SECONDS};refresher=uac"), ("Require", "timer"), ("Supported", "timer")]
    near, far = await call_out(pbx, agent, headers=shorter)
    refresh = await far.next_request("INVITE", timeout=SECONDS)
    assert refresh.get("Session-Expires").startswith(f"{SECONDS};refresher=uac")
    await talk(near, far)
    await near.bye()
    await far.hung_up()
