"""Asterisk and NEC give a registration up for good at one 403, or at a second challenge (`auth_rejection_permanent`,
one trial): what is only a fault of the moment is not answered so."""

import pytest

from scenarios.dialects.speaking import ask
from trunkline.sandbox import digest

pytestmark = pytest.mark.engines


async def test_a_wrong_secret_is_asked_again_and_not_forbidden(edge, agent):
    key, ua = edge.key(), await agent()
    response = await ask(edge, ua, "asterisk-register.sip", key=key.name, number="1", user=key.name, secret="wrong")
    assert response.code == 401
    assert "secret is wrong" in response.warning


@pytest.mark.edge_fails
async def test_what_is_our_own_fault_is_5xx(own_edge, agent):
    """The edge's store is gone: no customer is told that its credentials are wrong."""
    edge = own_edge()
    key, ua = edge.key(), await agent()
    values = {"key": key.name, "number": "1"}
    challenged = await ask(edge, ua, "asterisk-register.sip", **values)
    assert digest.choose(challenged.all("WWW-Authenticate"))
    with edge.store:
        edge.store.execute("ALTER TABLE credential RENAME TO credential_gone")
    response = await ask(edge, ua, "asterisk-register.sip", user=key.name, secret=key.secret, **values)
    assert response.code == 500
