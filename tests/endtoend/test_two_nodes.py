"""Two whole nodes on one PostgreSQL: the second one joins by a file, and either does what the other began."""

import asyncio
import time

import pytest

from control.databases import postgresql_server
from harness.node import Node, eventually
from harness.placing import answered, dial
from harness.polling import until
from trunkline.sandbox import digest

NUMBER_TO_CALL = "99950000001"


@pytest.fixture(scope="module")
def pair(addresses, tmp_path_factory):
    """`(first, second)`, both up; the second knows of the service what the invitation says."""
    with postgresql_server() as server:
        url = server.fresh()
        first = Node(addresses, node={"name": "first"}, database={"url": url})
        second = Node(addresses)
        try:
            first.up()
            first.furnish()
            file = tmp_path_factory.mktemp("invitation") / "second.toml"
            said = first.do("node", "invite", "second", str(file), "--address", second.address, "--region", "ap")
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


async def test_a_drained_node_finishes_its_calls_and_takes_no_others(pair, agent):
    first, second = pair
    pbx, far = await agent(), await agent(address=first.carrier_address, port=5060)
    call, incoming = await answered(second, pbx, far, first.key, "99950000002")
    # From another node; it follows with its next heartbeat.
    assert "is told" in await asyncio.to_thread(first.do, "node", "drain", "second")
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
    assert "No call is up" in await asyncio.to_thread(second.do, "node", "drain", "--wait")
    await asyncio.to_thread(second.do, "node", "undrain")
    assert await code() == 200
    await eventually(lambda: nodes(first)["second"]["state"] == "well", what="the list shows it")
