"""A node whose address is IPv6."""

import pytest

from harness.peers import free_port
from scenarios.parties import CUSTOMER, Pair, one

pytestmark = pytest.mark.engines
HERE = "::1"


@pytest.fixture
def edge(own_edge):
    return own_edge(
        sandbox={"enabled": False}, sip={"address": HERE, "port": free_port(HERE), "tls_port": free_port(HERE)}
    )


@pytest.mark.parametrize(("caller", "callee"), [("udp", "udp"), ("tcp", "tls"), ("tls", "tcp")])
async def test_calls_and_audio_pass(edge, agent, caller, callee):
    carrier = await agent(callee, address=HERE)
    pbx = await agent(caller, address=HERE)
    key, route = edge.key(), edge.route(edge.carrier(HERE, carrier.port(), sources=(), transport=callee))
    called = f"{route}001"
    credentials = {"user": key.name, "secret": key.secret}
    call = await pbx.dial(edge.uri(f"+{called}"), getattr(edge, caller), caller=CUSTOMER, **credentials)
    pair = Pair(call, await carrier.next_call(), edge, called)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    assert (await pair.far.reinvite("sendrecv")).code == 200
    await pair.far.bye()
    await pair.near.hung_up()
    attempt = one(await pair.events("end"), "attempt")
    assert attempt["address"] == f"{callee}:{HERE}:{carrier.port()}"
