"""The user agent against itself, over every transport."""

import pytest

from trunkline.sandbox.call import AUTO
from trunkline.sandbox.rtp import AudioError

TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])


async def pair(agent, transport="udp"):
    """Two agents, and a way from the second to the first."""
    callee, caller = await agent(transport, name="callee"), await agent(transport, name="caller")
    return callee, caller, f"{callee.address}:{callee.port()}"


async def established(agent, transport="udp"):
    callee, caller, via = await pair(agent, transport)
    call = await caller.dial("sip:bob@example.com", via)
    incoming = await callee.next_call()
    await incoming.answer()
    await call.final()
    await incoming.confirmed()
    return call, incoming


@TRANSPORTS
async def test_call_with_audio_both_ways(agent, transport):
    call, incoming = await established(agent, transport)
    assert (call.code, incoming.user, incoming.caller.uri) == (200, "bob", f"sip:caller@{call.agent.address}")
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    call.audio.dial("159#")
    await incoming.audio.until(lambda: incoming.audio.digits == "159#", 30, lambda: incoming.audio.digits)
    assert (await incoming.bye()).code == 200
    await call.hung_up()
    assert call.ended


@TRANSPORTS
async def test_requests_within_the_dialog(agent, transport):
    call, incoming = await established(agent, transport)
    assert (await call.reinvite("sendonly")).code == 200
    assert (incoming.remote_audio.direction, call.remote_audio.direction) == ("sendonly", "recvonly")
    assert (await incoming.update()).code == 200
    assert (await incoming.info(b"Signal=5\r\n")).code == 200
    assert (await call.next_request("INFO")).body == b"Signal=5\r\n"
    await call.bye()


async def test_held_audio_is_not_sent(agent):
    call, incoming = await established(agent)
    incoming.audio.play(600)
    await call.audio.hear(600)
    await call.reinvite("sendonly")
    await call.audio.hear_silence()
    await call.reinvite()
    await call.audio.hear(600)


async def test_reliable_provisional_responses_and_early_media(agent):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via)
    incoming = await callee.next_call()
    await incoming.open_audio()
    incoming.audio.play(440)
    await incoming.ring(183, body=AUTO, reliable=True)
    await call.audio.hear(440)
    assert not call.answered
    assert (await call.update()).code == 200
    await incoming.answer()
    assert (await call.final()).code == 200
    assert [r.method for r in incoming.requests][:2] == ["PRACK", "UPDATE"]


@pytest.mark.parametrize("code", [180, 183])
async def test_cancel(agent, code):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via)
    incoming = await callee.next_call()
    await incoming.ring(code)
    await call.provisional(code)
    assert (await call.cancel()).code == 200
    assert (await call.final()).code == 487
    await incoming.was_cancelled()


async def test_invite_without_an_offer(agent):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via, sdp=None)
    incoming = await callee.next_call()
    assert not incoming.request.body
    await incoming.answer()
    await call.final()
    ack = await incoming.confirmed()
    assert ack.body
    incoming.audio.play(440)
    await call.audio.hear(440)


async def test_lost_datagrams_are_sent_again(agent):
    callee = await agent(name="callee", t1=0.05)
    caller = await agent(name="caller", t1=0.05)
    dropped = []

    def lossy(agent_):
        """Drop the first copy of each message."""
        receive, seen = agent_._receive, set()

        def wrapper(data, flow):
            if data in seen:
                return receive(data, flow)
            seen.add(data)
            return dropped.append(data)

        agent_._sockets._datagrams._receive = wrapper

    lossy(callee)
    lossy(caller)
    call = await caller.dial("sip:bob@example.com", f"{callee.address}:{callee.port()}")
    incoming = await callee.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await incoming.confirmed()
    assert (await call.bye()).code == 200
    assert len(dropped) >= 5
    assert len(callee.calls) == 1


async def test_register_answers_the_challenge(agent):
    registrar, client = await agent(), await agent()

    def answer(request):
        if request.get("Authorization"):
            return None if 'username="key"' in request.get("Authorization") else registrar.response(request, 403)
        response = registrar.response(request, 401)
        response.add("WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"')
        response.add("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
        return response

    registrar.on_request = lambda request: answer(request) or registrar.response(request, 200)
    response = await client.register(
        "sip:example.com", "key", "secret", f"{registrar.address}:{registrar.port()}", algorithm="MD5"
    )
    assert response.code == 200
    second = registrar.requests[-1]
    assert second.cseq == (2, "REGISTER")
    assert "SHA-256" not in second.get("Authorization")


async def test_a_stale_nonce_is_answered_again(agent):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via, user="u", secret="s")
    for stale in ("", ", stale=true"):
        incoming = await callee.next_call()
        incoming.refuse(407, headers=[("Proxy-Authenticate", f'Digest realm="r", nonce="n{stale[2:3]}"{stale}')])
    await (await callee.next_call()).answer()
    assert (await call.final()).code == 200
    assert [r.code for r in call.responses] == [407, 407, 200]


async def test_record_route_decides_the_way(agent):
    """The route set goes through a hop that is neither side's Contact (RFC 3261 §12.1)."""
    callee, caller, via = await pair(agent)
    proxy = await agent(name="proxy")
    route = f"<sip:{proxy.address}:{proxy.port()};lr>"
    call = await caller.dial("sip:bob@example.com", via, headers=[("Record-Route", route)])
    incoming = await callee.next_call()
    await incoming.answer()
    await call.final()
    for side in (incoming, call):
        request = side.dialog.request("INFO")
        assert request.values("Route") == [route]
        assert side.hop.host == proxy.address
    # Both ACKs and BYEs went to the proxy, which knows no such dialog.
    assert (await call.send("INFO")).code == 481


async def test_what_is_sent_can_be_broken(agent):
    callee, caller, via = await pair(agent)

    def break_it(request):
        request.set("CSeq", "banana")
        request.add("X-Bytes", b"\xff\xfe".decode("utf-8", "surrogateescape"))

    await caller.dial("sip:bob@example.com", via, edit=break_it)
    incoming = await callee.next_call()
    assert incoming.request.get("CSeq") == "banana"
    assert b"X-Bytes: \xff\xfe\r\n" in callee.trace.entries[0].data

    await caller.send_raw(b"no SIP at all", via)
    assert await callee.stray() == b"no SIP at all"


async def test_a_cancel_that_comes_while_audio_is_opened_ends_the_call(agent):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via)
    incoming = await callee.next_call()
    await incoming.ring()
    open_audio = incoming.open_audio

    async def slowly():
        await call.cancel()
        return await open_audio()

    incoming.open_audio = slowly
    await incoming.answer()
    assert (await call.final()).code == 487
    assert [response.code for response in incoming.responses] == [180, 487]


async def test_a_failure_says_what_happened(agent):
    callee, caller, via = await pair(agent)
    call = await caller.dial("sip:bob@example.com", via)
    incoming = await callee.next_call()
    await incoming.ring()
    with pytest.raises(TimeoutError, match=r"waited 0.2 s for a final response; came: \[180\]"):
        await call.final(timeout=0.2)
    ladder = agent.trace.ladder()
    assert "INVITE sip:bob@example.com SIP/2.0" in ladder
    assert "SIP/2.0 180 Ringing" in ladder


async def test_one_way_audio_is_noticed(agent):
    call, incoming = await established(agent)
    call.audio.play(440)
    await incoming.audio.hear(440)
    with pytest.raises(AudioError, match="silent"):
        await call.audio.hear(440, timeout=0.5)
    incoming.audio.play(523)
    with pytest.raises(AudioError, match="520 Hz"):
        await call.audio.hear(440, timeout=0.6)
    incoming.audio.mute()
    call.audio.forget()
    with pytest.raises(AudioError):
        await call.audio.hear(523, timeout=0.3)
    incoming.audio.play(440, level=-50)
    with pytest.raises(AudioError, match="silent"):
        await call.audio.hear(440, timeout=0.5)


async def test_many_calls_at_once(agent):
    callee, caller, via = await pair(agent)

    async def echo(incoming):
        await incoming.open_audio()
        incoming.audio.echo()
        await incoming.answer()

    callee.on_call = echo
    calls = [await caller.dial(f"sip:{n}@example.com", via) for n in range(50)]
    for call in calls:
        assert (await call.final()).code == 200
    chosen = calls[::10]
    for place, call in enumerate(chosen):
        call.audio.play(400 + 100 * place)
    for place, call in enumerate(chosen):
        await call.audio.hear(400 + 100 * place)
    for call in calls:
        await call.bye()


async def test_a_taken_port_is_an_error(agent):
    first = await agent()
    with pytest.raises(OSError, match="in use"):
        await agent(address=first.address, port=first.port())
