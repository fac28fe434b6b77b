"""What a PBX or a stranger writes between two nodes leads no request or audio elsewhere."""

import pytest

from harness.placing import hang_up
from scenarios.test_nat import private_sdp
from scenarios.two_nodes import talk
from trunkline.sandbox.transport import Hop

pytestmark = pytest.mark.engines


async def test_what_it_writes_of_its_origin_is_not_believed(scene, agent):
    """Or it could have audio sent to anybody."""
    its, third = await scene("udp"), agent.address()
    call, incoming = await its.arrives()
    (await incoming.open_audio()).mute()
    body = private_sdp(incoming.take_offer(incoming.request.body), its.pbx.address)
    await incoming.answer(body, headers=[("Trunkline-Origin", third)])
    assert (await call.final()).code == 200
    await talk(call, incoming)
    await hang_up(call, incoming)


@pytest.mark.parametrize("natted", [True, False])
async def test_a_path_that_a_pbx_writes_is_not_followed(scene, agent, holder, edge, natted):
    """Or it could have us call anybody, past routes and limits."""
    its, third = await scene("udp", natted=natted), await agent(name="third")
    path = [("Path", f"<sip:x@{third.address}:{third.port()};lr>")]
    for node in (holder, edge):
        await its.register(node, headers=path)
        call, incoming = await its.arrives()
        incoming.refuse(486)
        assert (await call.final()).code == 486
    assert not third.calls


@pytest.mark.gives_itself_away  # what asks is another node, from which nothing need be hidden
async def test_a_node_has_another_one_call_nobody_but_who_is_registered_there(scene, agent, holder, edge):
    """In a circle of nodes a call would go round for ever."""
    its, third = await scene("udp"), await agent(name="third")
    node = await agent(address=edge.settings.cluster.address)
    hop = Hop("udp", holder.settings.cluster.address, holder.settings.cluster.port)
    uri = f"sip:{its.key.name}@{hop.host}:{hop.port}"
    route = [("Route", f"<sip:{third.address}:{third.port()};lr>")]
    assert (await node.request("OPTIONS", uri, hop, headers=route)).code == 200
    asked = its.pbx.requests[-1]
    assert (int(asked.get("Max-Forwards")) < 70, asked.get("Route")) == (True, None)
    tired = await node.request("OPTIONS", uri, hop, headers=[("Max-Forwards", "0")])
    await its.register(edge)
    moved = await node.request("OPTIONS", uri, hop)
    assert (tired.code, moved.code) == (483, 430)


async def test_only_calls_are_passed_on_and_only_between_the_two(scene, agent, holder):
    """Whoever knows a Route of the holder's cannot have it send requests elsewhere, nor those of other calls."""
    its, third = await scene("udp"), await agent(name="third")
    call, incoming = await its.answered()
    routes = incoming.request.values("Record-Route")
    assert len(routes) == 4
    tags = {"caller": str(incoming.request.get("To")) + ";tag=x", "callee": incoming.request.get("From")}
    elsewhere = [*routes[:2], f"<sip:{third.address}:{third.port()};lr>"]
    for route, call_id in ((elsewhere, incoming.call_id), (routes, "another"), (elsewhere, "another")):
        headers = [("Route", ", ".join(route)), ("Call-ID", call_id)]
        answer = await its.pbx.request("INFO", f"sip:x@{third.address}", holder.udp, headers=headers, **tags)
        assert (answer.code, "belongs to no call" in answer.warning) == (481, True), answer
    assert not [entry for entry in agent.trace.entries if entry.local == f"{third.address}:{third.port()}"]
    await hang_up(call, incoming)
