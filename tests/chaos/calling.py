"""Calls through a node while something happens to it."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable

from harness.node import NUMBER, ROUTED, SIP_PORT, Node, eventually
from harness.placing import answered, dial
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.ua import Agent

_numbers, _callers = itertools.count(1), itertools.count(1)
AT_ONCE = 10
# Media that nobody sends: hundreds of calls need no sockets for audio.
SDP = b"v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"


def fresh_number() -> str:
    """A number that the carrier serves and no other test calls."""
    return f"{ROUTED}{next(_numbers):07}"


async def carrier(node: Node, agent) -> Agent:
    """The node's carrier."""
    return await agent(address=node.carrier_address, port=SIP_PORT)


async def pbx(node: Node, agent) -> Agent:
    """The PBX that NUMBER is forwarded to."""
    return await agent(address=node.pbx_address, port=SIP_PORT)


async def outbound(node: Node, ua: Agent, far: Agent, number: str = "") -> tuple:
    """An answered call of the PBX: (our end, the far end)."""
    return await answered(node, ua, far, node.key, number or fresh_number())


async def dial_carrier(node: Node, far: Agent, number: str) -> OutgoingCall:
    """The carrier's INVITE, of a caller that has placed no other."""
    return await far.dial(node.uri(number), node.udp, caller=f"<sip:+447701{next(_callers):06}@{far.address}>")


async def inbound(node: Node, far: Agent, its_pbx: Agent) -> tuple:
    """An answered call from the carrier to NUMBER: (the carrier's end, the PBX's)."""
    call = await dial_carrier(node, far, f"+{NUMBER}")
    incoming = await its_pbx.next_call()
    its = call.invitation.caller.partition("+")[2].partition("@")[0]
    assert its in incoming.caller.uri, f"another call than that of {its} came:\n{incoming.request}"
    await incoming.answer()
    response = await call.final()
    assert response.code == 200, f"it got {response.code}:\n{response}"
    return call, incoming


async def record(node: Node, number: str, seconds: float = 10.0) -> dict:
    """The one record of a call that is over."""

    def whole() -> list[dict]:
        found = node.records(number)
        return found if found and all(call["ended"] for call in found) else []

    found = await eventually(whole, seconds, f"the record of the call to {number} is there")
    assert len(found) == 1, found
    return found[0]


def quick(address: str) -> bytes:
    return SDP.replace(b"{0}", address.encode())


async def answer_quickly(call: IncomingCall) -> None:
    """Answer without audio. No 180 first: right behind it, the 200 may overtake it in another of the edge's workers."""
    await call.answer(quick(call.agent.address))


async def one_short_call(node: Node, ua: Agent, number: str) -> float:
    """A call without audio; the seconds from its first INVITE to its answer."""
    began = time.monotonic()
    headers = [("Content-Type", "application/sdp")]
    call = await dial(node, ua, node.key, number, sdp=quick(ua.address), headers=headers)
    response = await call.final(timeout=10)
    took = time.monotonic() - began
    assert response.code == 200, f"{response.code} {response.reason} {response.warning}"
    ended = await call.bye()
    assert ended.code == 200, f"the BYE got {ended.code}:\n{ended}"
    return took


async def many(rate: float, count: int, place: Callable[[int], Awaitable]) -> list:
    """Place `count` calls, `rate` a second; what came of each. The first failure is raised when all are over.

    At most AT_ONCE at once: a busy machine has them come more slowly, where more and more would be repeated otherwise
    until their own repetitions fill the buffers and they are lost.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def later(n: int):
        await asyncio.sleep(n / rate)
        async with turns:
            return await place(n)

    results = await asyncio.gather(*(later(n) for n in range(count)), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise AssertionError(f"{len(failed)} of {count} calls failed; the first: {failed[0]!r}") from failed[0]
    return results


@contextlib.asynccontextmanager
async def calls_all_the_time(node: Node, ua: Agent, far: Agent, rate: float = 5.0):
    """Short calls while the block runs, not one of which may fail; yields the list of their numbers so far."""
    far.on_call = answer_quickly
    numbers, tasks, over = [], set(), asyncio.Event()

    async def one(number: str) -> None:
        await one_short_call(node, ua, number)
        numbers.append(number)

    async def all_of_them() -> None:
        while not over.is_set():
            tasks.add(asyncio.create_task(one(fresh_number())))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1 / rate)

    placing = asyncio.create_task(all_of_them())
    try:
        yield numbers
    finally:
        over.set()
        await placing
        results = await asyncio.gather(*tasks, return_exceptions=True)
        far.on_call = None
    failed = [result for result in results if isinstance(result, BaseException)]
    assert not failed, f"{len(failed)} of {len(results)} calls failed; the first: {failed[0]!r}"


async def all_recorded(node: Node, numbers: list[str]) -> None:
    """Every one of these calls has its record, once."""

    def arrived() -> list[str]:
        found = [call["called"] for call in node.records() if call["called"] in numbers and call["ended"]]
        return found if len(found) >= len(numbers) else []

    found = await eventually(arrived, 30, "every record has arrived")
    assert sorted(found) == sorted(numbers)


async def back_to_work(node: Node, part: str, killed: int, seconds: float) -> float:
    """Wait until a killed part was restarted and the node serves; the seconds it took."""
    began = time.monotonic()
    await eventually(lambda: node.is_back(part, killed) and node.serves(), seconds, f"{part} is back")
    return time.monotonic() - began
