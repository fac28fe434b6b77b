"""chan_pjsip challenges an OPTIONS that comes in (unless `allow_unauthenticated_options`): it is there all the same."""

import json
import time

import pytest

from scenarios.dialects.speaking import ask
from scenarios.parties import CARRIER, Pair
from trunkline.contract import trial

pytestmark = pytest.mark.engines

CHALLENGE = 'Digest realm="asterisk",nonce="1494925964/4f1c",opaque="0a1b",algorithm=MD5,qop="auth"'


async def test_a_401_is_an_answer_and_calls_go_on_coming(edge, agent):
    key, pbx, carrier, node = edge.key(), await agent(name="pbx"), await agent(name="trunk"), await agent(name="node")
    edge.carrier(carrier.address, carrier.port())
    number = edge.number(f"sip:{key.name}@{edge.domain}", account_id=key.account_id)
    values = {"key": key.name, "number": number, "user": key.name, "secret": key.secret}
    assert (await ask(edge, pbx, "asterisk-register.sip", **values)).code == 200

    def challenge(request):
        response = pbx.response(request, 401)
        response.headers += [("WWW-Authenticate", CHALLENGE), ("Server", "Asterisk PBX 20.9.3")]
        return response

    pbx.on_request = challenge
    uri = f"sip:{key.name}@{edge.domain}"
    seal = trial.key(json.loads(edge.home.secrets.read_text())["dialog"])
    headers = [("Call-ID", f"ping-{number}"), (trial.HEADER, trial.seal(seal, f"ping-{number}", uri, time.time()))]
    response = await node.options(uri, edge.udp, headers=headers)
    assert response.code == 401
    assert [request.method for request in pbx.requests] == ["OPTIONS"]

    call = await carrier.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await Pair(call, incoming, edge, number).talk()
    await call.bye()
    await incoming.hung_up()
    await edge.events("end", called=number)
