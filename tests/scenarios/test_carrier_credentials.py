"""A carrier that asks for credentials: what it is answered, and what that changes for the call."""

import asyncio

import pytest

from harness import placing
from harness.polling import PATIENCE
from trunkline.sandbox import behaviour, digest, sdp
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


async def test_an_answer_that_comes_too_late_has_the_callers_cseq(edge, agent):
    """Or the caller, who is to end it, would not know what it answers."""
    key, ua, far, come = edge.key(), await agent(), await agent(), asyncio.Queue()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    far.on_call = behaviour.challenge("trunk", "s3cret", come.put)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    late = await asyncio.wait_for(come.get(), PATIENCE)
    assert (await call.final()).code == 503
    await late.answer()
    await call.until(lambda: call.code == 200, PATIENCE, "the answer is passed on")
    assert call.response.cseq == call.request.cseq == (late.request.cseq[0] - 1, "INVITE")
    await late.confirmed()


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


async def test_a_challenge_that_is_answered_is_no_attempt_of_its_own(edge, agent):
    """Nor is a refusal of the codecs: the record has one attempt, and a 407 would read like wrong credentials."""
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    refusals = [488, 503]

    async def refuse(incoming):
        incoming.refuse(refusals.pop(0))

    far.on_call = behaviour.challenge("trunk", "s3cret", refuse)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 503
    assert not refusals
    assert call.warning == "No carrier could take the call: attempt 1: 503"


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


class Demanding:
    """A party that wants credentials for each request within a call, too."""

    def __init__(self, call, user: str = "trunk", secret: str = "s3cret"):
        self.asked, self.taken, self._nonces, self._known = [], [], set(), (user, secret)
        self._call, call.respond = call, self._respond

    def _respond(self, request):
        given = request.get("Proxy-Authorization") or ""
        if digest.verify(given, request.method, *self._known, self._nonces):
            self.taken.append(request.method)
            return None
        challenge = digest.challenge("far")
        self._nonces.add(digest.parse(challenge)["nonce"])
        self.asked.append((request.method, bool(given)))
        response = self._call.agent.response(request, 407)
        response.add("Proxy-Authenticate", challenge)
        return response


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("host", ["an address", "a name"])
async def test_a_challenge_within_a_call_is_answered_too(edge, agent, transport, host):
    key, ua, far = edge.key(), await agent(), await agent(transport)
    name = far.address
    if host == "a name":
        name = "demanding.example"
        edge.resolution(name, [[far.address, far.port(), 0, 0]], port=far.port(), transport=transport)
    access = {"username": "trunk", "password": "s3cret", "transport": transport}
    prefix = edge.route(edge.carrier(name, far.port(), sources=[far.address], **access))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    demanding = Demanding(incoming)
    call.audio.play(440)
    await incoming.audio.hear(440)
    assert (await call.reinvite()).code == 200
    assert (await call.send("INVITE")).code == 200
    assert (await call.update()).code == 200
    assert (await call.info(b"Signal=1")).code == 200
    assert (await call.bye()).code == 200
    assert demanding.asked == [(method, False) for method in ("INVITE", "INVITE", "UPDATE", "INFO", "BYE")]
    events = await edge.events("end", called=f"{prefix}001")
    assert [event["by"] for event in events if event["event"] == "end"] == ["caller"]


async def test_a_challenge_before_the_answer_is_answered_too(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    demanding = []

    async def answer(incoming):
        demanding.append(Demanding(incoming))
        await incoming.ring(183, body=AUTO, reliable=True)
        await incoming.answer()

    far.on_call = behaviour.challenge("trunk", "s3cret", answer)
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    assert (await call.final()).code == 200
    assert (await call.bye()).code == 200
    assert demanding[0].asked == [("PRACK", False), ("BYE", False)]
    assert demanding[0].taken == ["PRACK", "BYE"]


@pytest.mark.parametrize("way", ["uri", "maddr", "another carrier"])
async def test_nobody_else_gets_a_carriers_credentials(edge, agent, monkeypatch, way):
    """A party says by its Request-URI where its request goes, and could ask with a nonce of the carrier's. (Kamailio
    does not look at a `maddr`.)"""
    key, ua, far, thief = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    seen, respond = [], thief.response

    def ask(request, *_):
        seen.append(request)
        response = respond(request, 407)
        response.add("Proxy-Authenticate", digest.challenge("far"))
        return response

    monkeypatch.setattr(thief, "response", ask)
    if way == "another carrier":
        edge.carrier(thief.address, thief.port(), username="other", password="secret")
    request = call.dialog.request("UPDATE")
    request.uri = f"sip:{thief.address}:{thief.port()}"
    if way == "maddr":
        request.uri = f"sip:{far.address}:{far.port()};maddr={thief.address}"
    answer = await ua.transact(request, call.hop)
    assert answer.code == (200 if way == "maddr" else 407)
    assert [request.get("Proxy-Authorization") for request in seen] == [None] * (way != "maddr")
    await placing.hang_up(call, incoming)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_carrier_that_called_is_answered_too(edge, agent, transport, elsewhere):
    """Many call from other addresses than the one that they are called at."""
    pbx, far = await agent(), await agent(transport)
    host = agent.address() if elsewhere else far.address
    edge.carrier(host, 5060, sources=[far.address], username="trunk", password="s3cret", transport=transport)
    number = edge.number(f"sip:pbx@{pbx.address}:{pbx.port()}")
    call = await placing.dial(edge, far, None, f"+{number}")
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await incoming.confirmed()
    demanding = Demanding(call)
    assert (await incoming.reinvite()).code == 200
    assert (await incoming.bye()).code == 200
    assert demanding.asked == [("INVITE", False), ("BYE", False)]


@pytest.mark.parametrize("credentials", [{"username": "trunk", "password": "wrong"}, {}])
async def test_what_cannot_be_answered_within_a_call_is_refused_as_it_was(edge, agent, credentials):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port(), **credentials))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    demanding = Demanding(incoming)
    call.audio.play(440)
    await incoming.audio.hear(440)
    refused = await call.send("INVITE", call.make_offer("inactive"), [("Content-Type", sdp.TYPE)])
    assert refused.code == 407
    assert refused.get("Proxy-Authenticate") is None
    assert demanding.asked == [("INVITE", False), ("INVITE", True)][: 1 + bool(credentials)]
    incoming.respond = None
    incoming.audio.forget()
    await incoming.audio.hear(440)  # what was refused holds nothing
    await placing.hang_up(call, incoming)
