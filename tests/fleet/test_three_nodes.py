"""The three nodes of deploy/examples/three-nodes, started as docs/scaling.md says and from the example's own files,
each on a machine of its own: calls by each of them, with their audio, and the loss of the one that leads."""

import asyncio
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from fleet import example, zone
from fleet.example import ExampleNode
from fleet.internet import Internet
from harness.node import Key, eventually
from harness.placing import answered, hang_up
from harness.polling import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

CALLED, OWNED = "99950000001", "99940000001"
ENDPOINTS = example.FOLDER / "endpoints.toml"
NAME_SERVER = "192.0.2.53"  # where the world asks it
LEFT_SECONDS = 40.0  # tests/dns/test_watching.py holds DNS to its 15 s


@pytest.fixture(scope="module")
def internet():
    with Internet("0.0.0.0/0", "w", address="192.0.2.1") as internet:
        for address in (example.CARRIER, example.PBX):
            internet.visitor(address)
        yield internet


@pytest.fixture(scope="module")
def nodes(internet, tmp_path_factory):
    """`ams1, ams2, sin1`, up. ams2 joins by an invitation; the files of the other two are the example's."""
    with ExitStack() as stack:
        lan = stack.enter_context(Internet("10.0.0.0/24", "n", address="10.0.0.1"))
        stack.enter_context(example.database(lan))
        knot = tmp_path_factory.mktemp("knot")
        stack.enter_context(zone.name_server(lan, knot, "10.0.0.53", public=(internet, NAME_SERVER)))
        nodes = [ExampleNode(internet, lan, name) for name in example.PUBLIC]
        stack.callback(at_once, ExampleNode.discard, nodes)
        ams1, ams2, sin1 = nodes
        ams1.write_example()
        zone.write_key(ams1.home)
        table = ams1.do("up", "--detach")
        assert "✗" not in table, table

        invitation = str(tmp_path_factory.mktemp("invitation") / "ams2.toml")
        its = ["--address", ams2.address, "--cluster-address", example.OWN["ams2"]]
        ams1.do("node", "invite", "ams2", invitation, *its)
        ams2.do("node", "join", invitation)
        sin1.write_example()
        sin1.take_secrets_of(ams1)
        zone.write_key(sin1.home)
        at_once(lambda node: node.do("up", "--detach"), [ams2, sin1])
        ams1.do("endpoint", "import", str(ENDPOINTS))
        ams1.do("dns", "apply", "--yes")
        ams1.key = furnish(ams1)
        for node in nodes:
            node.key = ams1.key
        yield nodes


def at_once(action, nodes) -> None:
    with ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(action, nodes))


def furnish(node) -> Key:
    """A customer with a number of its own and a carrier to the world, by commands; its key."""
    node.do("account", "add", "customer")
    key = node.ask("key", "add", "customer")
    node.do("carrier", "add", "telco", example.CARRIER, "--port", "5060", "--source", example.CARRIER)
    node.do("route", "add", CALLED[:4], "telco")
    node.do("number", "add", f"+{OWNED}", "--account", "customer", "--forward", f"sip:pbx@{example.PBX}:5060")
    return Key(key["key"], key["secret"])


def names(nodes):
    return {node.name for node in nodes}


async def found(nodes):
    """The names of those to which DNS leads at this moment, whatever somebody may remember of it."""
    return names(await zone.Guide(NAME_SERVER, nodes).order())


async def heard_both_ways(call, incoming):
    for end, tone in ((call, 440), (incoming, 600)):
        end.audio.play(tone)
        end.audio.forget()
    await asyncio.gather(incoming.audio.hear(440), call.audio.hear(600))


def test_an_invited_node_has_the_settings_that_the_example_writes_by_hand(nodes):
    by_hand = tomllib.loads((example.FOLDER / "ams2.toml").read_text())
    joined = tomllib.loads(nodes[1].home.settings.read_text())
    joined["cluster"].pop("port")  # the usual one
    assert {section: values for section, values in joined.items() if values} == by_hand


def test_the_list_has_three_nodes_that_are_well(nodes):
    for node in nodes:
        until(lambda node=node: [one["state"] for one in node.ask("node", "list")] == ["well"] * 3, 30)
        assert node.status() == (0, {})


async def test_dns_leads_to_all_three(nodes):
    status = await asyncio.to_thread(nodes[0].do, "status")
    assert "every endpoint is in DNS" in status, status
    assert await found(nodes) == names(nodes)


async def test_a_pbx_calls_out_by_each(nodes, agent):
    pbx, far = await agent(address=example.PBX, port=5060), await agent(address=example.CARRIER, port=5060)
    for node in nodes:
        call, incoming = await answered(node, pbx, far, node.key, CALLED)
        await heard_both_ways(call, incoming)
        await hang_up(call, incoming)


async def test_a_carrier_calls_in_by_each(nodes, agent):
    pbx, far = await agent(address=example.PBX, port=5060), await agent(address=example.CARRIER, port=5060)
    for node in nodes:
        call = await far.dial(node.uri(f"+{OWNED}"), node.udp, caller=f"<sip:+447700900001@{far.address}>")
        incoming = await pbx.next_call()
        await incoming.answer()
        assert (await call.final()).code == 200
        await heard_both_ways(call, incoming)
        await hang_up(call, incoming)


async def test_every_call_has_its_record_at_any_of_them(nodes, agent):
    """Three that went out and three that came in, by the tests before."""

    def carried_by(node):
        return sorted(call["node"] for call in node.ask("calls", "list") if call["account"] == "customer")

    for node in nodes:
        await eventually(lambda node=node: carried_by(node) == sorted([*names(nodes)] * 2), 30, "six records")


async def test_the_first_loses_its_public_line_while_it_reaches_the_name_server(nodes):
    """It hears itself alone, and is the one that must leave DNS, which another one then writes."""
    first, *others = nodes
    first.machine.cut()
    try:
        await soon(nodes, names(others))
        await eventually(lambda: "is this node cut off?" in first.status()[1].get("publish", ""), 20, "it says so")
    finally:
        first.machine.mend()
    await soon(nodes, names(nodes))


async def test_the_first_is_lost_and_comes_back(nodes, agent):
    """It has the sandbox, is the others' way to one another, and writes DNS. Calls at the others go on, sin1 writes."""
    first, *others = nodes
    pbx, far = await agent(address=example.PBX, port=5060), await agent(address=example.CARRIER, port=5060)
    up = [await answered(node, pbx, far, node.key, CALLED) for node in others]
    await asyncio.to_thread(first.end)
    try:
        for call in up:
            await heard_both_ways(*call)
        await soon(nodes, names(others))
        for node in others:
            await hang_up(*await answered(node, pbx, far, node.key, CALLED))
    finally:
        await asyncio.to_thread(first.up)
    await soon(nodes, names(nodes))
    for call in up:
        await heard_both_ways(*call)
        await hang_up(*call)
    await hang_up(*await answered(first, pbx, far, first.key, CALLED))


async def soon(nodes, expected):
    """DNS leads to exactly these."""
    deadline = asyncio.get_running_loop().time() + LEFT_SECONDS
    while (there := await found(nodes)) != expected:
        assert asyncio.get_running_loop().time() < deadline, there
        await asyncio.sleep(0.2)
