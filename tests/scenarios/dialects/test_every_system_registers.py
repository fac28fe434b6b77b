"""REGISTER as each system writes it: a call to `sip:KEY@DOMAIN` then finds it, by the Contact that it gave."""

import re

import pytest

from scenarios.dialects.speaking import ask
from scenarios.parties import CARRIER
from trunkline.sandbox.message import Address

pytestmark = pytest.mark.engines

SECONDS = {"asterisk": 3600, "chansip": 120, "cube": 3600, "freeswitch": 600, "freeswitchextension": 600,
           "nec": 3600, "oracle": 60}  # fmt: skip
PORTS = {"freeswitchextension": 5080}


@pytest.mark.parametrize("system", SECONDS)
async def test_it_is_called_where_it_registered(edge, agent, system):
    key, carrier = edge.key(), await agent(name="trunk")
    pbx = await agent(name="pbx", port=PORTS.get(system, 0))
    edge.carrier(carrier.address, carrier.port())
    number = edge.number(f"sip:{key.name}@{edge.domain};timeout=2000", account_id=key.account_id)
    options = {"key": key.name, "number": number, "user": key.name, "secret": key.secret}
    response = await ask(edge, pbx, f"{system}-register.sip", **options)
    assert response.code == 200
    (contact,) = map(Address.parse, response.values("Contact"))
    assert SECONDS[system] - 5 <= int(contact.parameters["expires"]) <= SECONDS[system]

    call = await carrier.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)
    incoming = await pbx.next_call()
    assert incoming.request.uri == contact.uri
    assert re.match(rf"<sip:{number}@{re.escape(edge.domain)}>", incoming.request.get("To"))
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await incoming.bye()
    await call.hung_up()
    events = await edge.events("end", called=number)
    attempt = next(event for event in events if event["event"] == "attempt")
    assert (attempt["kind"], attempt["target"]) == ("registered", f"sip:{key.name}@{edge.domain};timeout=2000")
    assert events[-1]["by"] == "callee"
