"""OPTIONS as each system writes it: 200 without credentials, whatever its Request-URI's user, also with no hop left."""

import pytest

from scenarios.dialects.speaking import ask

pytestmark = pytest.mark.engines

PINGS = ("asterisk", "cube", "cucm", "freepbx", "freeswitch", "mitel", "nec", "oracle", "shoretel")


@pytest.mark.parametrize("system", PINGS)
async def test_it_is_told_that_the_trunk_is_there(edge, agent, system):
    ua, key = await agent(), edge.key()
    response = await ask(edge, ua, f"{system}-options.sip", key=key.name)
    assert response.code == 200
    assert {"INVITE", "UPDATE", "PRACK"} <= set(response.get("Allow").split(", "))
    assert not response.get("Proxy-Authenticate")
    assert not response.warning
