"""Our own parts die while calls run: the shipper, the follower, the resolver."""

import asyncio
import json
import statistics

from chaos.calling import (
    answer_quickly,
    calls_all_the_time,
    carrier,
    dial_carrier,
    fresh_number,
    many,
    one_short_call,
    outbound,
    pbx,
)
from harness.node import NUMBER, SIP_PORT, eventually
from harness.placing import hang_up
from harness.polling import PATIENCE

CALLS, RATE = 200, 20.0
KILLS = 4  # at least


async def test_a_shipper_killed_again_and_again_loses_nothing_and_doubles_nothing(node, agent):
    """Each call has two attempts: the first carrier of this prefix is out of order."""
    broken, far, ua = await agent(), await carrier(node, agent), await agent()

    async def refuse(call) -> None:
        call.refuse(503)

    broken.on_call, far.on_call = refuse, answer_quickly
    prefix = f"9996{broken.port()}"  # of its own, and so is the name: it may be run again
    name = f"broken{broken.port()}"
    for words in (
        ("carrier", "add", name, broken.address, "--port", str(broken.port())),
        ("route", "add", prefix, name, "--priority", "1"),
        ("route", "add", prefix, "telco", "--priority", "2"),
    ):
        await asyncio.to_thread(node.do, *words)
    await asyncio.to_thread(node.caught_up)

    over = asyncio.Event()

    async def kill() -> None:
        killed = 0
        while not over.is_set() or killed < KILLS:  # on a busy machine each start takes seconds
            await asyncio.to_thread(node.kill_part, "ship")
            killed += 1
            await asyncio.sleep(0.3)

    killing = asyncio.create_task(kill())
    numbers = [f"{prefix}{n:05}" for n in range(CALLS)]
    await many(RATE, CALLS, lambda n: one_short_call(node, ua, numbers[n]))
    over.set()
    await killing

    def all_there() -> list[dict]:
        found = [call for call in node.records() if call["called"].startswith(prefix)]
        return found if len(found) >= CALLS and all(call["ended"] for call in found) else []

    found = await eventually(all_there, 2 * PATIENCE, "every record has arrived")
    assert sorted(call["called"] for call in found) == numbers
    assert {call["outcome"] for call in found} == {"answered"}
    assert {tuple(attempt["code"] for attempt in call["attempts"]) for call in found} == {(503, 200)}


async def test_without_its_follower_the_edge_goes_on_and_changes_arrive_later(node, agent):
    far, ua, its_pbx, other = await carrier(node, agent), await agent(), await pbx(node, agent), await agent()
    async with calls_all_the_time(node, ua, far) as numbers:
        killed = await asyncio.to_thread(node.kill_part, "follow")
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:other@{other.address}:{other.port()}")
        await eventually(lambda: node.is_back("follow", killed), what="the follower is back")
        await asyncio.to_thread(node.caught_up)
        call = await dial_carrier(node, far, f"+{NUMBER}")
        incoming = await other.next_call()
        await incoming.answer()
        await call.final()
        await hang_up(call, incoming)
        assert numbers
    await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:pbx@{its_pbx.address}:{SIP_PORT}")
    await asyncio.to_thread(node.caught_up)


async def test_a_bye_that_fails_after_clear_was_killed_is_followed_by_ours(node, agent):
    """A far side that does not take it, for half a minute perhaps, would be in the call for ever, counted by nobody."""
    far, ua = await carrier(node, agent), await agent()
    call, incoming = await outbound(node, ua, far)
    receive, held = incoming.receive, []
    incoming.receive = lambda request, transaction: held.append((request, transaction)) or receive(request, transaction)
    incoming.respond = lambda request: None if request.get("Reason") else far.response(request, 100)

    def is_up() -> bool:
        return call.call_id in [kept["call_id"] for kept in json.loads(node.home.open_calls.read_text())["up"]]

    await eventually(is_up, what="the part keeps that the call is up")
    hanging_up = asyncio.create_task(call.bye(timeout=2 * PATIENCE))
    await eventually(lambda: not is_up(), what="the part keeps that the call is over")
    killed = await asyncio.to_thread(node.kill_part, "clear")
    await eventually(lambda: node.is_back("clear", killed), what="the part is back")
    request, transaction = next(pair for pair in held if pair[0].method == "BYE")
    transaction.respond(far.response(request, 500))
    assert (await hanging_up).code == 500
    ours = lambda: [request for request, _ in held if request.get("Reason")]  # noqa: E731
    await eventually(ours, what="the far side is hung up on")
    assert "did not reach the other party" in ours()[0].get("Reason")


async def test_dead_names_slow_no_call(node, agent, name_server):
    """The name server falls silent, then the resolver dies as well: the last answer serves, as fast as before."""
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    prefix, name = f"9997{ua.port()}", f"named{ua.port()}"
    name_server.answers["carrier.test.example"] = node.carrier_address
    for words in (
        ("carrier", "add", name, "carrier.test.example", "--port", str(SIP_PORT)),
        ("route", "add", prefix, name),
    ):
        await asyncio.to_thread(node.do, *words)
    await asyncio.to_thread(node.caught_up)

    async def typical() -> float:
        """The median seconds to the answer of calls one after the other."""
        return statistics.median([await one_short_call(node, ua, prefix + fresh_number()[-5:]) for _ in range(15)])

    await eventually(lambda: name_server.asked, what="the name was looked up")
    await eventually(lambda: "1 host name" in node.run("status").stdout, what="the answer is there")
    before = await typical()

    name_server.silent = True
    try:
        await eventually(lambda: "without an answer now" in node.run("status").stdout, 20, "the resolver noticed")
        during = await typical()
        await asyncio.to_thread(node.kill_part, "resolve")
        after = await typical()
    finally:
        name_server.silent = False
    assert max(during, after) < 2 * before + 0.5, (before, during, after)
