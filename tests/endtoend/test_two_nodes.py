"""Two whole nodes on one PostgreSQL: the second one joins by a file, and either does what the other began."""

import asyncio
import os
import signal
import time
from functools import partial

import pytest

from control.databases import postgresql_server
from endtoend.test_changes import in_force
from harness.node import NUMBER, Key, Node, eventually
from harness.placing import answered, arrival, dial, hang_up
from harness.polling import until
from trunkline.sandbox import digest
from trunkline.sandbox.transport import Hop

pytestmark = pytest.mark.long

NUMBER_TO_CALL = "99950000001"


@pytest.fixture(scope="module")
def pair(addresses, tmp_path_factory):
    """`(first, second)`, both up; the second knows of the service what the invitation says."""
    with postgresql_server() as server:
        url = server.fresh()
        held = [addresses.take(), addresses.take()]
        first = Node(addresses, node={"name": "first"}, database={"url": url}, cluster={"address": held[0]})
        second = Node(addresses)
        try:
            first.up()
            first.furnish()
            file = tmp_path_factory.mktemp("invitation") / "second.toml"
            said = first.do(
                "node",
                "invite",
                "second",
                str(file),
                "--address",
                second.address,
                "--region",
                "ap",
                "--cluster-address",
                held[1],
            )
            assert "trunkline node join second.toml" in said
            for name in [name for name in second.environment if name.startswith("TRUNKLINE_SIP__ADDRESS")]:
                del second.environment[name]
            assert "is node second" in second.do("node", "join", str(file))
            second.up()
            second.key = first.key
            yield first, second
        finally:
            second.discard()
            first.discard()
            for address in held:
                addresses.give_back(address)


def nodes(node):
    return {one["name"]: one for one in node.ask("node", "list")}


def test_both_are_heard_with_how_they_fare(pair):
    first, second = pair
    until(lambda: {n: one["state"] for n, one in nodes(first).items()} == {"first": "well", "second": "well"}, 20)
    found = nodes(second)["second"]
    assert (found["addresses"], found["region"], found["version"]) == ([second.address], "ap", "0.1.0")
    assert second.home.secrets.read_text() == first.home.secrets.read_text()


async def test_a_pbx_repeats_at_one_node_what_the_other_challenged(pair, agent):
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    challenged = await (await dial(first, pbx, None, NUMBER_TO_CALL)).final()
    assert challenged.code == 407
    challenge = digest.choose([challenged.get("Proxy-Authenticate")])
    its = first.uri(NUMBER_TO_CALL)
    credentials = digest.answer(challenge, "INVITE", its, first.key.name, first.key.secret)
    call = await dial(second, pbx, None, NUMBER_TO_CALL, headers=[("Proxy-Authorization", credentials)])
    incoming = await far.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    await incoming.hung_up()


async def test_a_carrier_may_send_to_either(pair, agent):
    first, _ = pair
    far, pbx = await agent(address=first.carrier_address, port=5060), await agent(address=first.pbx_address, port=5060)
    for node in pair:
        call = await far.dial(first.uri("+99940000001"), node.udp, caller=f"<sip:+447700900001@{far.address}>")
        incoming = await pbx.next_call()
        await incoming.answer()
        assert (await call.final()).code == 200
        await call.bye()
        await incoming.hung_up()


async def test_what_registers_at_one_node_is_called_by_the_other(pair, agent):
    """Each way; and the second node knows of it still after its Kamailio was killed."""
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    await asyncio.to_thread(first.do, "number", "forward", NUMBER, first.uri(first.key.name))
    await asyncio.to_thread(first.caught_up)

    async def called_by(node):
        call = await far.dial(first.uri(f"+{NUMBER}"), node.udp, caller=f"<sip:+447700900001@{far.address}>")
        if not (incoming := await arrival(call, pbx)):
            return False
        await incoming.answer()
        assert (await call.final()).code == 200
        await call.bye()
        await incoming.hung_up()
        return True

    async def soon(node):
        began = time.monotonic()
        while not await called_by(node):
            assert time.monotonic() - began < 30, "the registration does not reach the other node"

    for here, there in ((first, second), (second, first)):
        registered = await pbx.register(first.uri(), first.key.name, first.key.secret, via=here.udp)
        assert registered.code == 200
        await soon(there)
    os.kill(await asyncio.to_thread(first.pid, "kamailio"), signal.SIGKILL)
    await eventually(first.serves, 30, "Kamailio is back")
    await soon(first)


async def test_calls_at_once_are_counted_over_both(pair, agent):
    """Each node hears some seconds late of the calls that are up at the other, and of those that are over."""
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    await asyncio.to_thread(first.do, "account", "set", "customer", "--calls-at-once", "1")

    async def tried(node):
        """`(our end, the far end)` of a call that was answered, `(our end, None)` of one that was refused."""
        call = await dial(node, pbx, first.key, "99950000005")
        if incoming := await arrival(call, far):
            await incoming.answer()
            assert (await call.final()).code == 200
        return call, incoming

    try:
        await asyncio.to_thread(first.caught_up)
        began = time.monotonic()
        while not (held := await tried(first))[1]:
            assert time.monotonic() - began < 30, "the calls of the tests before are still counted"
        while (other := await tried(second))[1]:
            await hang_up(*other)
            assert time.monotonic() - began < 60, "the second node does not hear of the first one's call"
        response = await other[0].final()
        assert (response.code, "limit of 1 call at once" in response.warning) == (503, True)
        await hang_up(*held)
    finally:
        await asyncio.to_thread(first.do, "account", "set", "customer", "--calls-at-once", "0")


async def test_a_wrong_secret_at_one_node_is_shown_by_the_other(pair, agent):
    first, second = pair
    pbx = await agent()
    assert (await pbx.register(second.uri(), first.key.name, "wrong", via=second.udp)).code == 401

    def shown():
        [key] = [key for key in first.ask("key", "list") if key["key"] == first.key.name]
        return key["denied"] and key["denied"]["words"].startswith(f"REGISTER from udp:{pbx.address}:")

    await eventually(shown, what="the first node lists it")


async def test_where_a_pbx_is_registered_is_told_by_the_node_that_it_registered_at(pair, agent):
    first, second = pair
    made = await asyncio.to_thread(first.ask, "key", "add", "customer")
    there, pbx = Key(made["key"], made["secret"]), await agent()

    async def registers(node, expires=300):
        answer = await pbx.register(node.uri(), there.name, there.secret, via=node.udp, expires=expires)
        return answer.code == 200

    def is_told(at, state="registered"):
        [key] = [key for key in first.ask("key", "list") if key["key"] == there.name]
        return (key["registration"]["node"], key["registration"]["state"]) == (at, state)

    for node, name in ((second, "second"), (first, "first"), (second, "second")):
        await in_force(partial(registers, node))
        await eventually(partial(is_told, name), what=f"it is told to be registered at the {name} node")
    assert await registers(second, expires=0)
    await eventually(lambda: is_told("second", "ended"), what="it is told to have ended")


async def test_no_stranger_speaks_as_a_node(pair, agent):
    first, _ = pair
    stranger, its = await agent(), first.settings.cluster
    for method in ("KDMQ", "OPTIONS", "INVITE"):
        with pytest.raises(TimeoutError):
            await stranger.request(method, first.uri(), Hop("udp", its.address, its.port), timeout=0.5)
    assert (await stranger.request("KDMQ", f"sip:usrloc@{first.address}", first.udp)).code == 405
    assert (await stranger.options(first.uri(), first.udp)).code == 200


async def test_a_call_is_ended_from_another_node(pair, agent):
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    call, incoming = await answered(second, pbx, far, first.key, "99950000005")
    up = lambda: first.ask("calls", "list", "--number", "99950000005", "--outcome", "open")  # noqa: E731
    [record] = await eventually(lambda: (found := up()) and found[0]["answered"] and found, what="its record is there")
    assert "being ended on second" in await asyncio.to_thread(first.do, "calls", "end", record["uid"])
    for party in (call, incoming):
        assert "whoever runs this service ended it" in (await party.hung_up(15)).get("Reason")


async def test_a_drained_node_finishes_its_calls_and_takes_no_others(pair, agent):
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    call, incoming = await answered(second, pbx, far, first.key, "99950000002")
    ringing = await dial(second, pbx, first.key, "99950000006")
    rings = await far.next_call()
    await rings.ring()
    # From another node; it follows with its next heartbeat.
    assert "has been told" in await asyncio.to_thread(first.do, "node", "drain", "second")
    began = time.monotonic()

    async def code():
        return (await pbx.options(second.uri(), second.udp)).code

    while await code() != 503:
        assert time.monotonic() - began < 15
        await asyncio.sleep(0.1)
    refused = await (await dial(second, pbx, first.key, "99950000003")).final()
    assert (refused.code, "takes no new calls" in refused.warning) == (503, True)
    assert not call.ended
    other, its = await answered(first, pbx, far, first.key, "99950000004")  # as every endpoint that is left
    await eventually(lambda: nodes(first)["second"]["state"] == "draining", what="the list shows it")
    code_, wrong = await asyncio.to_thread(second.status)
    assert (code_, wrong) == (0, {})
    await call.bye()
    await incoming.hung_up()
    await other.bye()
    await its.hung_up()
    waiting = asyncio.create_task(asyncio.to_thread(second.do, "node", "drain", "--wait"))
    assert not (await asyncio.wait({waiting}, timeout=5))[0], "one still rings"
    await rings.answer()
    assert (await ringing.final()).code == 200
    await hang_up(ringing, rings)
    assert "0 calls up, 1 ringing\n" in (said := await waiting)
    assert said.endswith("No call is up.\n")
    await asyncio.to_thread(second.do, "node", "undrain")
    assert await code() == 200
    await eventually(lambda: nodes(first)["second"]["state"] == "well", what="the list shows it")
