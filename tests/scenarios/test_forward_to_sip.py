"""*Forward to SIP*, sentence by sentence of the page: what is tried, for how long, in which order, and what follows."""

import asyncio
import time

import pytest

from scenarios.parties import answered_by, failures, inbound, kinds, one, refused, relayed, ringing_in, to
from trunkline.edge.plan import MOST_ATTEMPTS
from trunkline.sandbox.certificate import self_signed
from trunkline.sip.status import of

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504, 505, 513, 580, 599])
async def test_every_5xx_goes_on_to_the_next(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(code)
    await answered_by(second, call)
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "answer", "end"]
    assert failures(events) == [(1, "reply", code)]
    assert not call.warning
    assert [r.code for r in call.responses] == [100, 200]


@pytest.mark.parametrize("code", [400, 404, 408, 480, 486, 600, 603])
async def test_what_is_not_5xx_is_the_callers_answer(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(code)
    await refused(call, code)
    events = await scene.events("finish")
    assert kinds(events) == ["setup", "attempt", "failed", "finish"]
    assert failures(events) == [(1, "reply", code)]
    assert one(events, "finish")["code"] == code
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


@pytest.mark.parametrize("code", [301, 302, 401, 407])
async def test_redirects_and_challenges_are_ours_to_explain(edge, agent, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    header = ("Contact", to(second)) if code < 400 else ("WWW-Authenticate", 'Digest realm="pbx.secret", nonce="1"')
    (await first.next_call()).refuse(code, headers=[header])
    await refused(call, 480 if code < 400 else 502)
    assert call.warning
    finish = one(await scene.events("finish"), "finish")
    assert finish["warning"] == call.warning
    assert not call.response.get("Contact")
    assert not call.response.get("WWW-Authenticate")
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


@pytest.mark.parametrize("says", [None, 100])
async def test_silence_ends_after_the_timeout_of_the_uri(edge, agent, says):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    dead = await first.next_call()
    started = time.monotonic()
    if says:
        dead.trying()
    await answered_by(second, call)
    assert 1.7 <= time.monotonic() - started < 4.5  # 5 by default
    assert failures(await scene.events("end")) == [(1, "silence", None)]
    if says:
        await dead.was_cancelled()
    else:
        assert not dead.cancelled  # RFC 3261 §9.1: no CANCEL before a provisional response


async def test_a_late_100_does_not_prolong_the_timeout(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    dead = await first.next_call()
    started = time.monotonic()
    await asyncio.sleep(1.5)
    dead.trying()
    await answered_by(second, call)
    assert 1.7 <= time.monotonic() - started < 3.4  # 3.5 if it did
    await scene.events("end")


async def test_all_silent_is_486(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second, timeout=2000)}")
    call = await scene.dial()
    assert (await call.final()).code == 486
    assert "Forward to SIP" in call.warning
    events = await scene.events("finish")
    assert failures(events) == [(1, "silence", None), (2, "silence", None)]
    finish = one(events, "finish")
    assert (finish["code"], finish["warning"]) == (486, call.warning)


@pytest.mark.long
async def test_the_default_timeout_is_five_seconds(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first))
    call = await scene.dial()
    started = time.monotonic()
    assert (await call.final()).code == 486
    assert 4.6 <= time.monotonic() - started < 8


async def test_ringing_stops_the_timeout(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    incoming = await first.next_call()
    await incoming.ring()
    await asyncio.sleep(2.8)
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "answer", "end"]
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.1)


@pytest.mark.parametrize("again", [False, True])
async def test_it_does_not_ring_for_ever(own_edge, agent, again):
    edge = own_edge(calls={"ring_timeout_ms": 2000})
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first)},{to(second)}")
    call = await scene.dial()
    incoming = await first.next_call()
    started = time.monotonic()
    await incoming.ring()
    if again:  # RFC 3261 §13.3.1.1 has a callee repeat its 18x; that is no reason to ring longer
        await asyncio.sleep(1.2)
        await incoming.ring()
    await refused(call, 480, "2 s")
    assert 1.7 <= time.monotonic() - started < 3.1
    await incoming.was_cancelled()
    events = await scene.events("finish")
    assert failures(events) == [(1, "ring", None)]
    assert one(events, "finish")["warning"] == call.warning
    with pytest.raises(TimeoutError):
        await second.next_call(timeout=0.2)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_refused_connection_goes_on_at_once(edge, agent, transport):
    second, nobody = await agent(name="second"), agent.address()
    scene = await inbound(edge, agent, f"sip:1@{nobody}:5099;transport={transport},{to(second)}")
    started = time.monotonic()
    await answered_by(second, call := await scene.dial())
    assert time.monotonic() - started < 4  # its timeout is 5
    assert failures(await scene.events("end")) == [(1, "transport", None)]
    assert [r.code for r in call.responses] == [100, 200]


@pytest.mark.parametrize("talk", [b"", b"220 mail.example ESMTP\r\n"])
async def test_a_tls_peer_that_talks_no_tls_costs_its_timeout(edge, agent, talk):
    second, nonsense = await agent(name="second"), agent.address()

    async def serve(reader, writer):
        writer.write(talk)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, nonsense, 0)
    port = server.sockets[0].getsockname()[1]
    scene = await inbound(edge, agent, f"sip:1@{nonsense}:{port};transport=tls;timeout=2000,{to(second)}")
    started = time.monotonic()
    await answered_by(second, await scene.dial())
    assert time.monotonic() - started < 4.5
    (failure,) = failures(await scene.events("end"))
    assert failure[1] in ("silence", "transport")
    server.close()


async def test_a_name_that_does_not_resolve_goes_on_at_once(edge, agent):
    second = await agent(name="second")
    edge.resolution("gone.example", [], problem="gone.example does not exist")
    scene = await inbound(edge, agent, f"sip:1@gone.example,sip:2@never-asked.example,{to(second)}")
    started = time.monotonic()
    await answered_by(second, await scene.dial())
    assert time.monotonic() - started < 4
    events = await scene.events("end")
    assert failures(events) == [(1, "dns", None), (2, "dns", None)]
    assert [e["reason"] for e in events if e["event"] == "failed"][0] == "gone.example does not exist"


async def test_nothing_to_reach_is_480_in_words(edge, agent):
    edge.resolution("gone.example", [], problem="gone.example does not exist")
    nobody = agent.address()
    scene = await inbound(edge, agent, f"sip:1@gone.example,sip:1@{nobody}:5099;transport=tcp")
    call = await refused(await scene.dial(), 480, "Forward to SIP")
    assert nobody not in call.warning
    assert "gone.example" not in call.warning
    events = await scene.events("finish")
    assert failures(events) == [(1, "dns", None), (2, "transport", None)]
    assert one(events, "finish")["warning"] == call.warning


async def test_a_call_makes_as_many_attempts_as_the_engine_can(edge, agent):
    nobody = agent.address()
    for name in ("most.example", "more.example"):
        edge.resolution(name, [[nobody, 5099, place, 0] for place in range(20)], transport="tcp")
    scene = await inbound(edge, agent, "sip:1@most.example;transport=tcp,sip:1@more.example;transport=tcp")
    await refused(await scene.dial(), 480, "Forward to SIP")
    assert len(failures(await scene.events("finish"))) == MOST_ATTEMPTS


async def test_addresses_of_one_name_share_its_timeout(edge, agent):
    dead = [await agent(name=f"dead{n}") for n in range(4)]
    second = await agent(name="second")
    edge.resolution("four.example", [[a.address, a.port(), place, 0] for place, a in enumerate(dead)])
    scene = await inbound(edge, agent, f"sip:1@four.example;timeout=2000,{to(second)}")
    call = await scene.dial()
    await dead[0].next_call()
    started = time.monotonic()
    await answered_by(second, call)
    assert 1.5 <= time.monotonic() - started < 5  # 8 if each had all of it
    for silent in dead[1:]:
        await silent.next_call(timeout=0.1)
    events = await scene.events("end")
    assert [e["address"] for e in events if e["event"] == "attempt"] == [
        f"udp:{a.address}:{a.port()}" for a in (*dead, second)
    ]


async def test_a_503_of_one_address_goes_to_the_next_of_the_name(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    edge.resolution("two.example", [[a.address, a.port(), n, 0] for n, a in enumerate((first, second))], port=5070)
    scene = await inbound(edge, agent, "sip:7@two.example:5070;timeout=3000")
    call = await scene.dial()
    (await first.next_call()).refuse(503)
    incoming = await answered_by(second, call)
    assert incoming.request.uri == "sip:7@two.example:5070"
    await scene.events("end")


async def test_our_parameters_stay_here_and_others_travel(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first, "1234", timeout=3000, media="rtp", tenant="blue"))
    incoming = await answered_by(first, await scene.dial())
    assert incoming.request.uri == f"sip:1234@{first.address}:{first.port()};tenant=blue"
    await scene.events("end")


async def test_tls_goes_to_5061_unless_a_port_is_given(edge, agent):
    address = agent.address()
    pbx = await agent("tls", address=address, tls_port=5061, tls=self_signed(address), name="pbx")
    scene = await inbound(edge, agent, f"sip:1@{address};transport=tls")
    incoming = await answered_by(pbx, await scene.dial())
    assert incoming.transaction.flow.remote.transport == "tls"
    events = await scene.events("end")
    assert one(events, "attempt")["address"] == f"tls:{address}:5061"


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_the_transport_asked_for_is_used(edge, agent, transport):
    pbx = await agent(transport, name="pbx")
    scene = await inbound(edge, agent, to(pbx))
    incoming = await answered_by(pbx, await scene.dial())
    assert incoming.transaction.flow.remote.transport == transport
    await scene.events("end")


@pytest.mark.parametrize(
    ("first_does", "second_does", "code"),
    [(503, 500, 500), (503, None, 486), (None, 504, 504), (503, 486, 486), (None, 603, 603), (500, 503, 500)],
)
async def test_the_last_target_decides_what_the_caller_gets(edge, agent, first_does, second_does, code):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second, timeout=2000)}")
    call = await scene.dial()
    for pbx, does in ((first, first_does), (second, second_does)):
        incoming = await pbx.next_call()
        if does:
            incoming.refuse(does)
    assert (await call.final()).code == code
    events = await scene.events("finish")
    assert failures(events) == [
        (n, "reply" if does else "silence", does) for n, does in ((1, first_does), (2, second_does))
    ]
    finish = one(events, "finish")
    assert (finish["code"], finish.get("warning", "")) == (code, call.warning)
    if second_does is None or of(second_does).fails_over:
        assert call.warning  # what all of them did, in words


async def test_a_200_that_comes_too_late_is_not_taken(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, timeout=2000)},{to(second)}")
    call = await scene.dial()
    late = await first.next_call()
    incoming = await second.next_call()
    await late.answer()
    await incoming.ring()
    await call.provisional(180)
    await incoming.answer()
    assert (await call.final()).code == 200
    # Its BYE, because no ACK came, must not end the call that the other one has.
    await late.bye()
    assert "end" not in kinds(edge.call_events(called=scene.number))
    assert call.call_id in relayed(edge)
    await call.bye()
    events = await scene.events("end")
    assert kinds(events) == ["setup", "attempt", "failed", "attempt", "progress", "answer", "end"]
    assert one(events, "end")["by"] == "caller"
    assert one(events, "answer")["n"] == 2
    tags = {r.tag("To") for r in call.responses if r.code >= 180}
    assert tags == {incoming.local_tag}


async def test_a_200_after_all_is_over_changes_nothing(edge, agent):
    first = await agent(name="first")
    scene = await inbound(edge, agent, to(first, timeout=2000))
    call = await scene.dial()
    late = await first.next_call()
    assert (await call.final()).code == 486
    await scene.events("finish")
    await late.answer()
    await asyncio.sleep(1.2)  # two repetitions of the 200
    # A proxy passes each 2xx on (RFC 3261 §16.7 step 5), so that the caller can end what it does not want.
    assert [r.code for r in call.responses] == [100, 486, 200]
    assert not call.response.body
    assert first.address not in str(call.response)
    assert kinds(await scene.events("finish")) == ["setup", "attempt", "failed", "finish"]


async def test_twenty_targets_are_tried_in_order(edge, agent):
    pbx = await agent(name="pbx")
    refusing = ",".join(to(pbx, f"u{n}") for n in range(19))

    async def serve(call):
        if call.user == "last":
            await call.answer()
        else:
            call.refuse(503)

    pbx.on_call = serve
    scene = await inbound(edge, agent, f"{refusing},{to(pbx, 'last')}")
    call = await scene.dial()
    assert (await call.final()).code == 200
    await call.bye()
    events = await scene.events("end")
    assert [e["n"] for e in events if e["event"] == "attempt"] == list(range(1, 21))
    assert len(failures(events)) == 19


async def test_the_pbx_sees_the_call_as_ours(edge, agent):
    pair = await ringing_in(edge, agent)
    request = pair.far.request
    assert pair.far.user == "1234"
    assert pair.far.caller.uri == f"sip:447700900001@{edge.domain}"
    assert int(request.get("Max-Forwards")) <= 20
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.near.bye()


async def test_a_number_that_is_forwarded_nowhere_says_so_to_its_owner(edge, agent):
    account = edge.account()
    scene = await inbound(edge, agent, "", account=account)
    call = await scene.dial()
    await refused(call, 480, "Forward to SIP")
    (event,) = await edge.events("reject", called=f"+{scene.number}")
    assert (event["account"], event["warning"]) == (account, call.warning)
