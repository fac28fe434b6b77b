"""Limits of accounts, calls counted exactly, and bans of addresses that hammer or guess."""

import asyncio
import json
import time
from ipaddress import ip_address

import pytest
from click.testing import CliRunner

from harness import placing
from harness.polling import until
from scenarios.raw import answer_of, plain
from trunkline.cli.main import trunkline
from trunkline.contract import store
from trunkline.sandbox import digest
from trunkline.sandbox.message import Request

pytestmark = pytest.mark.engines


@pytest.fixture
def trunk(edge):
    """Makes a carrier and a route to it: (agent, prefix)."""

    async def make(agent):
        far = await agent()
        return far, edge.route(edge.carrier(far.address, far.port()))

    return make


async def test_calls_at_once_are_limited_and_a_bye_frees_a_place(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(calls_at_once=1)
    key = edge.key(account)
    first = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    response = await placing.refused_as_journaled(edge, ua, key, f"+{prefix}002", called=f"{prefix}002")
    assert response.code == 503
    assert "1 call at once" in response.warning
    assert placing.active(edge, account) == 1
    await placing.hang_up(*first)
    await edge.events("end", called=f"{prefix}001")
    second = await placing.answered(edge, ua, far, key, f"+{prefix}003")
    await second[1].bye()
    await edge.events("end", called=f"{prefix}003")
    assert placing.active(edge, account) == 0
    assert not far.calls.keys() & {(c.call_id, "") for c in far.calls.values() if c.user == f"{prefix}002"}


async def test_who_was_refused_may_try_again_by_the_same_call_id(edge, agent, trunk):
    """As RFC 3261 §8.1.3.5 wants it."""
    (far, prefix), ua = await trunk(agent), await agent()
    key = edge.key(edge.account(calls_at_once=1))
    first = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    again = {"edit": lambda request: request.set("Call-ID", f"again.{prefix}@pbx.example")}
    assert (await placing.refused(edge, ua, key, f"+{prefix}002", **again)).code == 503
    await placing.hang_up(*first)
    await placing.hang_up(*await placing.answered(edge, ua, far, key, f"+{prefix}002", **again))


async def test_every_end_of_a_call_frees_its_place(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(calls_at_once=1)
    key = edge.key(account)
    nobody = edge.route(edge.carrier(agent.address(), 5060, transport="tcp"))

    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    incoming = await far.next_call()
    await incoming.ring()
    await call.cancel()
    assert (await call.final()).code == 487
    await _idle(edge, account)

    call = await placing.dial(edge, ua, key, f"+{prefix}002")
    (await far.next_call()).refuse(486)
    assert (await call.final()).code == 486
    await _idle(edge, account)

    call = await placing.dial(edge, ua, key, f"+{prefix}003")
    (await far.next_call()).refuse(503)
    assert (await call.final()).code == 503
    await _idle(edge, account)

    assert (await placing.refused(edge, ua, key, f"+{nobody}004")).code == 503
    await _idle(edge, account)

    assert (await placing.refused(edge, ua, key, "+999777")).code == 404
    await _idle(edge, account)

    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}005")
    await placing.hang_up(call, incoming)
    await _idle(edge, account)


async def _idle(edge, account):
    for _ in range(100):
        if placing.active(edge, account) == 0:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{placing.active(edge, account)} calls are still counted")


async def test_a_hundred_short_calls_leave_no_count_behind(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(calls_at_once=20)
    key = edge.key(account)

    async def serve(incoming):
        number = int(incoming.user[-3:])
        if number % 5 == 0:
            incoming.refuse(486)
        elif number % 5 == 1:
            await incoming.ring()
        else:
            await incoming.answer(body=None)

    far.on_call = serve

    async def place(number):
        call = await placing.dial(edge, ua, key, f"+{prefix}{number:03}", sdp=None)
        if number % 5 == 1:
            await call.provisional(180)
            await call.cancel()
        response = await call.final()
        if response.code == 200:
            await call.bye()
        return response.code

    codes = []
    for start in range(0, 100, 10):
        codes += await asyncio.gather(*(place(number) for number in range(start, start + 10)))
    assert {code: codes.count(code) for code in set(codes)} == {486: 20, 487: 20, 200: 60}
    await _idle(edge, account)


async def test_calls_per_second_are_limited(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(calls_per_second=2)
    key = edge.key(account)

    async def busy(incoming):
        incoming.refuse(486)

    far.on_call = busy
    calls = [await placing.dial(edge, ua, key, f"+{prefix}{n:03}") for n in range(8)]
    responses = [await call.final() for call in calls]
    codes = [response.code for response in responses]
    assert 2 <= codes.count(486) <= 4  # they may fall into two seconds
    refused = [response for response in responses if response.code == 503]
    assert len(refused) == 8 - codes.count(486)
    assert all("2 calls per second" in response.warning for response in refused)
    assert {event["warning"] for event in edge.journal(event="reject", key=key.name)} == {refused[0].warning}
    await _idle(edge, account)


async def test_destinations_are_limited(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    key = edge.key(edge.account(destinations=f'["44", "{prefix}"]'))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    response = await placing.refused_as_journaled(edge, ua, key, "+8821012345", called="+8821012345")
    assert response.code == 403
    assert "8821012345" in response.warning


async def test_an_account_known_by_its_address_is_limited_too(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(sources=(f"{ua.address}/32",), calls_at_once=1)
    first = await placing.answered(edge, ua, far, None, f"+{prefix}001")
    assert (await placing.refused(edge, ua, None, f"+{prefix}002")).code == 503
    await placing.hang_up(*first)
    await _idle(edge, account)


async def test_an_inbound_call_counts_for_the_owner_of_the_number(edge, agent):
    pbx, carrier = await agent(), await agent()
    edge.carrier(carrier.address, carrier.port())
    account = edge.account(calls_at_once=1)
    number = edge.number(f"sip:1@{pbx.address}:{pbx.port()}", account_id=account)
    first = await placing.answered(edge, carrier, pbx, None, f"+{number}")
    response = await placing.refused(edge, carrier, None, f"+{number}")
    assert response.code == 503
    await placing.hang_up(*first)
    await _idle(edge, account)


async def test_an_address_that_hammers_is_banned_for_a_while(own_edge, agent):
    edge = own_edge(limits={"requests_per_10s": 10, "ban_seconds": 2})
    ua, other = await agent(), await agent()
    key, far = edge.key(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    for _ in range(10):
        assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
    with pytest.raises(TimeoutError):
        await ua.options(edge.uri("ping"), edge.udp, timeout=0.7)
    assert edge.rpc("htable.dump", "banned")
    assert "too many requests" in (edge.home.log / "kamailio.log").read_text()
    # Others are served meanwhile; and so is the banned one when its time is over.
    assert (await other.options(edge.uri("ping"), edge.udp)).code == 200
    call, incoming = await placing.answered(edge, other, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    until(lambda: not edge.rpc("htable.dump", "banned"), 30)
    assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200


async def test_requests_of_the_known_are_not_counted(own_edge, agent):
    edge = own_edge(limits={"requests_per_10s": 10, "refusals_per_minute": 3})
    ua, carrier, pbx, node, far = [await agent() for _ in range(5)]  # each at an address of its own
    own = await agent(address=edge.address)  # from where the node's own parts ask
    key = edge.key()
    store.set_nodes(edge.store, [node.address])
    prefix = edge.route(edge.carrier(far.address, far.port()))
    edge.carrier(carrier.address, carrier.port())
    edge.account(sources=(f"{pbx.address}/32",))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    for known in (ua, carrier, pbx, node, own):
        for _ in range(15):
            assert (await known.options(edge.uri("ping"), edge.udp)).code == 200
        # Wrong credentials in its name, which anybody can forge over UDP, do not get it banned.
        for _ in range(6):
            uri = edge.uri(f"+{prefix}001")
            wrong = digest.answer(digest.parse(digest.challenge(edge.domain)), "INVITE", uri, key.name, "wrong")
            response = await known.request("INVITE", uri, edge.udp, headers=[("Proxy-Authorization", wrong)])
            assert response.code == 407
        assert (await known.options(edge.uri("ping"), edge.udp)).code == 200
    assert not edge.rpc("htable.dump", "banned")


async def test_an_address_that_guesses_secrets_is_banned(own_edge, agent):
    edge = own_edge(limits={"refusals_per_minute": 3})
    ua, key = await agent(), edge.key()
    for _ in range(4):
        assert (await placing.refused(edge, ua, key, "+999501", secret="guess")).code == 407
    with pytest.raises(TimeoutError):
        await ua.options(edge.uri("ping"), edge.udp, timeout=0.7)
    assert "wrong credentials" in (edge.home.log / "kamailio.log").read_text()
    edge.account(sources=(f"{ua.address}/32",))  # somebody has read that
    assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
    assert not edge.rpc("htable.dump", "banned")


async def test_forged_requests_of_a_dialog_count_as_hammering(own_edge, agent):
    edge, ua = own_edge(limits={"requests_per_10s": 10}), await agent()

    def forge(request: Request):
        request.set("To", f"<{edge.uri('+999501')}>;tag=forged")

    for _ in range(10):
        assert (await ua.request("BYE", edge.uri("+999501"), edge.udp, edit=forge)).code == 481
    with pytest.raises(TimeoutError):
        await ua.request("BYE", edge.uri("+999501"), edge.udp, edit=forge, timeout=0.7)


@pytest.mark.parametrize(
    "wrong", [{"sip:x@pbx.example": "sip:x@pbx.example:99999999"}, {"Content-Length: 0": "Content-Length: 10"}]
)
async def test_malformed_requests_count_as_hammering(own_edge, agent, wrong):
    edge, ua = own_edge(limits={"requests_per_10s": 10}), await agent()
    for number in range(10):
        answer = await answer_of(ua, plain(edge, ua, branch=f"wrong{number}", replace=wrong), edge.udp)
        assert (answer.code, bool(answer.warning)) == (400, True)
    assert await answer_of(ua, plain(edge, ua, branch="wrong", replace=wrong), edge.udp, 0.7) is None
    assert edge.rpc("htable.dump", "banned")


async def _banned(edge, ua):
    """Have an address banned, on an edge that takes 10 requests in 10 s."""
    for _ in range(10):
        await ua.options(edge.uri("ping"), edge.udp)
    with pytest.raises(TimeoutError):
        await ua.options(edge.uri("ping"), edge.udp, timeout=0.7)


async def test_who_is_in_a_call_is_heard_in_it_although_its_address_is_banned(own_edge, agent):
    """Anybody floods from a forged address over UDP, and a PBX or carrier that is only ever called proves nothing."""
    edge = own_edge(limits={"requests_per_10s": 10})
    carrier, pbx = await agent(name="carrier"), await agent(name="pbx")
    edge.carrier(carrier.address, carrier.port())
    number = edge.number(f"sip:1@{pbx.address}:{pbx.port()}")
    call, incoming = await placing.answered(edge, carrier, pbx, None, f"+{number}")
    await _banned(edge, pbx)
    assert (await incoming.reinvite()).code == 200
    assert (await incoming.bye()).code == 200
    await call.hung_up()
    assert [event["event"] for event in await edge.events("end", called=number)][-1] == "end"
    with pytest.raises(TimeoutError):
        await pbx.options(edge.uri("ping"), edge.udp, timeout=0.7)


async def test_who_is_banned_is_told_and_may_be_let_in_again(own_edge, agent, monkeypatch):
    edge, ua = own_edge(limits={"requests_per_10s": 10}), await agent()
    monkeypatch.setenv("TRUNKLINE_HOME", str(edge.home.root))

    def say(*words):
        return asyncio.to_thread(CliRunner().invoke, trunkline, ["node", *words])

    assert (await say("bans")).output == "No address is banned.\n"
    await _banned(edge, ua)
    (ban,) = json.loads((await say("bans", "--json")).output)
    assert (ban["address"], ban["why"]) == (ua.address, "too many requests")
    assert 290 <= ban["seconds"] <= 300
    assert (await say("unban", ua.address)).output == f"{ua.address} is answered again.\n"
    assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
    for wrong in (ua.address, "2001:db8::1", "pbx.example", ""):
        assert (await say("unban", wrong)).exit_code == 1
    edge.kill("kamailio")
    assert "`trunkline status`" in (await say("bans")).stderr
    assert "`trunkline status`" in (await say("unban", ua.address)).stderr


async def test_one_is_let_in_again_however_many_are_banned(own_edge, agent, monkeypatch):
    """As in a flood whose addresses are forged."""
    edge, ua = own_edge(limits={"requests_per_10s": 10}), await agent()
    monkeypatch.setenv("TRUNKLINE_HOME", str(edge.home.root))

    def say(*words):
        return CliRunner().invoke(trunkline, ["node", *words])

    def ban(numbers):
        for number in numbers:
            edge.rpc("htable.sets", "banned", str(ip_address("198.18.0.0") + number), f"seen {int(time.time())}")

    await _banned(edge, ua)
    ban(range(800))
    assert len(json.loads(say("bans", "--json").output)) == 801
    ban(range(800, 3000))
    assert say("bans").stderr.startswith("trunkline: 3,001 addresses are banned")
    assert say("unban", ua.address).output == f"{ua.address} is answered again.\n"
    assert "is not banned here" in say("unban", ua.address).stderr
    assert (await ua.options(edge.uri("ping"), edge.udp)).code == 200
