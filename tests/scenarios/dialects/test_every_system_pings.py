"""OPTIONS as each system writes it: 200 without credentials, whatever its Request-URI's user, also with no hop left."""

import pytest

from scenarios.dialects.speaking import ask

pytestmark = pytest.mark.engines

PINGS = ("asterisk", "avaya", "chansip", "cube", "cucm", "freepbx", "freeswitch", "mitel", "nec", "oracle", "sfb",
         "shoretel")  # fmt: skip
OVER_TCP = ("sfb",)


@pytest.mark.parametrize("system", PINGS)
async def test_it_is_told_that_the_trunk_is_there(edge, agent, system):
    ua, key = await agent("tcp" if system in OVER_TCP else "udp"), edge.key()
    response = await ask(edge, ua, f"{system}-options.sip", key=key.name)
    assert response.code == 200
    assert {"INVITE", "UPDATE", "PRACK"} <= set(response.get("Allow").split(", "))
    assert not response.get("Proxy-Authenticate")
    assert not response.warning
