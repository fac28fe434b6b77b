"""NEC SV9100 (one authentication trial) sends its first REGISTER to one address of the trunk's name and the authorized
one to the next: the second must take the first's nonce, or all trunks stay busy. So may its INVITE go."""

import pytest

from harness.plugin import running
from scenarios.dialects.speaking import CALLER, answered, ask, ended, message, place, places
from scenarios.parties import Pair
from trunkline.sandbox import digest
from trunkline.sandbox.dialog import token

pytestmark = pytest.mark.engines


@pytest.fixture
def second(addresses, edge):
    """Another node of the same service."""
    with running(addresses, like=edge) as started:
        yield started


async def test_the_authorized_register_goes_to_the_second_address(edge, second, agent):
    key, ua = second.key(), await agent()
    values = {"key": key.name, "number": "1", "domain": edge.domain}
    challenged = await ask(edge, ua, "nec-register.sip", **values)
    challenge = digest.choose(challenged.all("WWW-Authenticate"), "MD5")
    own = {"branch": f"z9hG4bK{token()}", "tag": token(), "call_id": token(), "cseq": 2}
    again = message("nec-register.sip", **places(second, ua) | values | own)
    again.add("Authorization", digest.answer(challenge, "REGISTER", again.uri, key.name, key.secret))
    response = await ua.transact(again, second.udp)
    assert response.code == 200
    assert response.get("Contact")


async def test_the_authorized_invite_goes_to_the_second_address(edge, second, agent):
    key, pbx, carrier = second.key(), await agent(name="pbx"), await agent(name="far")
    called = second.route(second.carrier(carrier.address, carrier.port())) + "001"
    values = {"key": key.name, "number": called, "caller": CALLER, "rtp": 40000}
    challenged = await ask(edge, pbx, "nec-invite.sip", **values, domain=second.domain)
    assert challenged.code == 407
    challenge = digest.choose(challenged.all("Proxy-Authenticate"), "MD5")

    def authorize(request):
        answer = digest.answer(challenge, "INVITE", request.uri, key.name, key.secret)
        request.set("Proxy-Authorization", answer)

    near = await place(second, pbx, key, "nec-invite.sip", called, also=authorize)
    pair = await answered(Pair(near, await carrier.next_call(), second, called))
    assert [response.code for response in near.responses if response.code >= 200] == [200]
    await pair.talk()
    events = await ended(pair)
    assert (events[0]["key"], events[0]["caller"]) == (key.name, CALLER)
