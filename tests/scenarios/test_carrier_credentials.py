"""A carrier that asks for credentials: what it is answered, and what that changes for the call."""

import pytest

from harness import placing
from trunkline.sandbox import behaviour
from trunkline.sandbox.call import AUTO

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_carriers_challenge_is_answered(edge, agent, transport):
    key, ua, far = edge.key(), await agent(), await agent(transport)
    carrier = edge.carrier(far.address, far.port(), username="trunk", password="s3cret", transport=transport)
    prefix = edge.route(carrier)
    far.on_call = behaviour.challenge("trunk", "s3cret", behaviour.echo)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    call.audio.play(440)
    await call.audio.hear(440)
    await call.bye()
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events][0] == "setup"
    assert [e["event"] for e in events][-2:] == ["answer", "end"]
    assert [r.code for r in call.responses if r.code in (401, 407)] == [407]  # ours alone; the carrier's stays here
    invites = [call.request for call in far.calls.values()]
    assert [bool(request.get("Proxy-Authorization")) for request in invites] == [False, True]
    assert key.name not in invites[1].get("Proxy-Authorization")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_each_side_counts_its_own_cseq_after_a_challenge(edge, agent, transport):
    """RFC 3261 §22.2: the INVITE with credentials has the next CSeq; the PBX never learns of it."""
    key, ua, far = edge.key(), await agent(), await agent(transport)
    carrier = edge.carrier(far.address, far.port(), username="trunk", password="s3cret", transport=transport)
    prefix = edge.route(carrier)
    ends = []

    async def answer(incoming):
        ends.append(incoming)
        await incoming.ring(183, body=AUTO, reliable=True)
        await incoming.answer()

    far.on_call = behaviour.challenge("trunk", "s3cret", answer)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    (incoming,) = ends
    first, second = [other.request for other in far.calls.values()]
    assert second.cseq[0] == first.cseq[0] + 1
    await incoming.confirmed()
    for sent in (await call.reinvite(), await call.info(b"Signal=1"), await incoming.reinvite()):
        assert sent.code == 200
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    await call.bye()
    await incoming.hung_up()
    numbers = {request.method: request.cseq[0] for request in incoming.requests if request.method != "ACK"}
    assert list(numbers) == ["PRACK", "INVITE", "INFO", "BYE"]
    assert list(numbers.values()) == [second.cseq[0] + n for n in range(1, 5)]
    acks = [request.cseq[0] for request in incoming.requests if request.method == "ACK"]
    assert acks == [second.cseq[0], numbers["INVITE"]]
    assert {response.cseq[0] for response in call.responses if response.code >= 180} >= {call.request.cseq[0]}
    events = await edge.events("end", called=f"{prefix}001")
    assert events[-1]["by"] == "caller"


async def test_a_call_can_be_cancelled_after_a_carriers_challenge(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    rung = []

    async def ring(incoming):
        rung.append(incoming)
        await incoming.ring()

    far.on_call = behaviour.challenge("trunk", "s3cret", ring)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    await call.provisional(180)
    assert (await call.cancel()).code == 200
    assert (await call.final()).code == 487
    cancel = await rung[0].was_cancelled()
    assert cancel.cseq[0] == rung[0].request.cseq[0]
    await rung[0].until(lambda: rung[0].transaction.acknowledged, 30, "the ACK of the 487")
    await edge.events("finish", called=f"{prefix}001")


async def test_a_failover_after_a_challenge_counts_from_the_start(edge, agent):
    key, ua, first, second = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(
        edge.carrier(first.address, first.port(), username="trunk", password="s3cret"),
        edge.carrier(second.address, second.port()),
    )

    async def unavailable(incoming):
        incoming.refuse(503)

    first.on_call = behaviour.challenge("trunk", "s3cret", unavailable)
    call, incoming = await placing.answered(edge, ua, second, key, f"+{prefix}001")
    asked = [other.request for other in first.calls.values()]
    assert incoming.request.cseq[0] == asked[0].cseq[0]
    ack = await incoming.confirmed()
    assert ack.cseq[0] == incoming.request.cseq[0]
    await placing.hang_up(call, incoming)


async def test_the_second_carrier_has_its_own_credentials(edge, agent):
    key, ua, first, second = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(
        edge.carrier(first.address, first.port(), username="one", password="s1"),
        edge.carrier(second.address, second.port(), username="two", password="s2"),
    )

    async def unavailable(incoming):
        incoming.refuse(503)

    first.on_call = behaviour.challenge("one", "s1", unavailable)
    second.on_call = behaviour.challenge("two", "s2", behaviour.echo)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    await call.bye()
    for incoming in second.calls.values():
        assert 'username="one"' not in str(incoming.request)
        assert len(incoming.request.all("Proxy-Authorization")) <= 1


@pytest.mark.parametrize("credentials", [{"username": "trunk", "password": "wrong"}, {}])
async def test_refused_credentials_end_with_502(edge, agent, credentials):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), **credentials))
    far.on_call = behaviour.challenge("trunk", "s3cret", behaviour.echo)
    response = await placing.refused(edge, ua, key, f"+{prefix}001")
    assert response.code == 502
    assert "credentials" in response.warning
    assert response.get("Proxy-Authenticate") is None
    events = await edge.events("finish", called=f"{prefix}001")
    assert (events[-1]["code"], events[-1]["warning"]) == (502, response.warning)
    assert len(far.calls) == (2 if credentials else 1)
