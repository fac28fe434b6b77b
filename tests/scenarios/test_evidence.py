"""What a record keeps to be held against a far side, and what the other side is told: enough to end an argument."""

import asyncio

import pytest

from harness import placing
from harness.polling import PATIENCE
from scenarios.parties import inbound, refused, to
from trunkline.edge import failover

pytestmark = pytest.mark.engines

PATIENCE_MS = 2000


@pytest.fixture(scope="module")
def impatient(addresses):
    """An edge that waits no longer for a carrier than it must."""
    from harness.plugin import running

    with running(addresses, calls={"carrier_timeout_ms": PATIENCE_MS, "trying_timeout_ms": PATIENCE_MS}) as edge:
        yield edge


async def eventually_async(condition) -> None:
    """Ask for less than calls of one moment count for, again and again."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.2)


async def to_a_carrier(edge, agent):
    """A call to a carrier: (caller's end, carrier's end, the number)."""
    key, ua, far = edge.key(), await agent(), await agent()
    number = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    call = await placing.dial(edge, ua, key, f"+{number}")
    return call, await far.next_call(), number


async def failure(edge, number):
    [found] = [event for event in await edge.events("finish", called=number) if event["event"] == "failed"]
    return found


async def test_what_a_carrier_says_of_its_refusal_is_kept(edge, agent):
    call, incoming, number = await to_a_carrier(edge, agent)
    said = [("Warning", '399 sbc.telco.example "CLI \\"1\\" not presented"'), ("Reason", "Q.850;cause=21")]
    incoming.refuse(403, headers=said)
    response = await call.final()
    assert (response.code, response.get("Warning"), response.get("Reason")) == (403, None, "Q.850;cause=21")
    assert (await failure(edge, number))["said"] == 'CLI "1" not presented; call rejected (Q.850 cause 21)'


async def test_a_carrier_that_has_the_invite_is_not_called_silent(impatient, agent):
    call, incoming, number = await to_a_carrier(impatient, agent)
    incoming.trying()
    response = await call.final()
    assert (response.code, failover.ONLY_TRYING in response.warning) == (503, True)
    found = await failure(impatient, number)
    assert (found["cause"], found["reason"]) == ("silence", failover.ONLY_TRYING)


async def test_a_carrier_that_sends_nothing_is(impatient, agent):
    call, _, number = await to_a_carrier(impatient, agent)
    assert failover.NO_RESPONSE in (await call.final()).warning
    assert (await failure(impatient, number))["reason"] == failover.NO_RESPONSE


async def test_a_487_that_nobody_asked_for_is_no_caller_that_gave_up(edge, agent):
    call, incoming, number = await to_a_carrier(edge, agent)
    incoming.refuse(487)
    response = await call.final()
    assert (response.code, "487" in response.warning) == (480, True)
    found = await failure(edge, number)
    assert (found["cause"], found["code"]) == ("reply", 487)


@pytest.mark.parametrize(("transport", "said"), [("tls", failover.MUTE), ("tcp", failover.NO_RESPONSE)])
async def test_a_tls_handshake_that_never_ends_is_told_of(edge, agent, transport, said):
    async def keep_silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, mute := agent.address(), 0)
    port = server.sockets[0].getsockname()[1]
    scene = await inbound(edge, agent, f"sip:1@{mute}:{port};transport={transport};timeout=2000")
    call = await refused(await scene.dial(), 486)
    assert call.warning.endswith(f": {said}")
    server.close()


async def test_who_has_a_number_learns_that_another_customer_could_not_reach_it(edge, agent):
    caller, owner, ua = edge.key(), edge.account(), await agent()
    number = edge.number(account_id=owner)
    await placing.refused_as_journaled(edge, ua, caller, f"+{number}", called=f"+{number}")
    [event] = await edge.events("reject", called=f"+{number}")
    assert (event["direction"], event["account"], event["owner"]) == ("internal", caller.account_id, owner)


async def test_a_limit_names_the_account_that_has_it(edge, agent):
    pbx, account = await agent(), edge.account(calls_at_once=1)
    trunk = await agent()
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(to(pbx), account_id=account)
    up = await placing.answered(edge, trunk, pbx, None, f"+{number}")
    response = await placing.refused(edge, trunk, None, f"+{number}")
    assert (response.code, f"1 call at once for the account that has {number} is reached" in response.warning) == (
        503,
        True,
    )
    await placing.hang_up(*up)


async def test_credentials_for_another_realm_are_told_so(edge, agent):
    key, ua = edge.key(), await agent()

    def for_another(request):
        request.headers = [
            (name, value.replace(f'realm="{edge.domain}"', 'realm="asterisk"')) for name, value in request.headers
        ]

    call = await placing.dial(edge, ua, key, "+9995001", edit=for_another)
    response = await call.final()
    assert (response.code, response.get("Proxy-Authenticate") is not None) == (407, True)
    assert "for the realm 'asterisk'" in response.warning
    assert f"the realm of the challenge, '{edge.domain}'" in response.warning


@pytest.mark.parametrize("own", ["a", "ab", "abc", "Ä-1@pbx.example", "0" * 200])
async def test_the_call_id_that_a_carrier_got_is_known(edge, agent, own):
    key, ua, far = edge.key(), await agent(), await agent()
    number = f"{edge.route(edge.carrier(far.address, far.port()))}001"
    call_id = f"{own}.{number}"
    call = await placing.dial(edge, ua, key, f"+{number}", edit=lambda request: request.set("Call-ID", call_id))
    incoming = await far.next_call()
    incoming.refuse(486)
    await call.final()
    setup = (await edge.events("finish", called=number))[0]
    assert (setup["call_id"], setup["far_call_id"]) == (call_id, incoming.call_id)


async def test_a_carrier_at_an_address_that_nobody_has_listed_is_told_of(edge, agent):
    """By a record of what it calls; it gets a 407, and nobody else would ever hear of it."""
    carrier, account = await agent(), edge.account()
    number = edge.number(account_id=account)

    async def dial(called: str) -> str:
        call = await placing.dial(edge, carrier, None, f"+{called}")
        assert (await call.final()).code == 407
        return call.warning

    warned = []

    async def told() -> bool:
        warned.append(await dial(number))
        return bool(edge.journal(event="reject", called=number))

    await eventually_async(told)
    assert not any(warned[:2])
    assert "have the operator add the address as a source" in warned[-1]
    [event] = edge.journal(event="reject", called=number)
    assert (event["code"], event["account"], event["direction"]) == (407, account, "inbound")
    assert event["source"].startswith(f"udp:{carrier.address}:")
    assert "add the address as a source" in await dial("33123456789")  # which says nothing of what numbers there are
    await dial(number)
    assert len(edge.journal(event="reject", called=number)) == 1


@pytest.mark.parametrize("said", ["", 'SIP;cause=200;text="Call completed elsewhere"'])
async def test_why_a_caller_gave_up_is_kept(edge, agent, said):
    call, incoming, number = await to_a_carrier(edge, agent)
    await incoming.ring()
    await call.provisional(180)
    await call.cancel(headers=[("Reason", said)] if said else None)
    assert (await call.final()).code == 487
    found = await failure(edge, number)
    assert (found["cause"], found.get("said")) == ("cancel", "Call completed elsewhere (SIP 200)" if said else None)
