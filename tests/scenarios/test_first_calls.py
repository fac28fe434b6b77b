"""The plainest calls, with audio both ways: also the example of how a scenario is written."""

import pytest

from trunkline.sandbox import carrier

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_outbound_reaches_the_carrier(edge, agent, transport):
    key = edge.key()
    far = await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    ua = await agent(transport)

    call = await ua.dial(
        edge.uri(f"+{prefix}001"), getattr(edge, transport), caller="<sip:+447700900000@pbx.example>",
        user=key.name, secret=key.secret,
    )  # fmt: skip
    incoming = await far.next_call()
    assert incoming.user.lstrip("+") == f"{prefix}001"
    await incoming.ring()
    await call.provisional(180)
    await incoming.answer()
    assert (await call.final()).code == 200

    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await call.bye()
    await incoming.hung_up()
    events = await edge.events("end", called=f"{prefix}001")
    assert [event["event"] for event in events] == ["setup", "attempt", "progress", "answer", "end"]
    assert events[-1]["by"] == "caller"


async def test_inbound_reaches_the_pbx(edge, agent):
    pbx, trunk = await agent(), await agent()
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(f"sip:1234@{pbx.address}:{pbx.port()}")

    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    incoming = await pbx.next_call()
    assert incoming.user == "1234"
    await incoming.answer()
    assert (await call.final()).code == 200
    call.audio.play(440)
    await incoming.audio.hear(440)
    await incoming.bye()
    await call.hung_up()
    events = await edge.events("end", called=number)
    assert events[-1]["by"] == "callee"


async def test_inbound_goes_on_to_the_next_uri(edge, agent):
    silent, good, trunk = await agent(), await agent(), await agent()
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(
        f"sip:first@{silent.address}:{silent.port()};timeout=2000,sip:second@{good.address}:{good.port()}"
    )
    # An agent answers nothing by itself when nobody takes the call.
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    first = await silent.next_call()
    incoming = await good.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    assert not first.finished
    await call.bye()


async def test_the_wrong_secret_is_refused(edge, agent):
    key, ua = edge.key(), await agent()
    call = await ua.invite(
        edge.uri(f"+{carrier.ECHO}"), edge.udp, caller="<sip:+447700900000@pbx.example>", user=key.name, secret="wrong"
    )
    assert call.code in (403, 407)
    assert [r.code for r in call.responses if r.code >= 200][0] == 407
