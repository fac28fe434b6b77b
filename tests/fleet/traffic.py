"""A PBX's calls through several nodes, where it tries the next when one does not serve it; and calls that stay up."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

from chaos.calling import answer_quickly, fresh_number, quick
from fleet.nodes import FleetNode
from fleet.zone import Guide
from harness.placing import dial
from trunkline.sandbox.rtp import AudioError
from trunkline.sandbox.ua import Agent

PATIENCE = 3.0  # s that the PBX waits for a node before it tries the next one
TRIES = 3  # nodes that it asks for a call: nobody waits longer
RATE = 5.0  # calls a second
PACKET_MS = 60  # of the calls that stay up: with six nodes beside it, the tests' own work must be little


@dataclass(slots=True)
class Placed:
    """One call: when it began (Unix time), its number, the node tried first, what each node that failed said (a code,
    0 for nothing), and the node that carried it, if any did."""

    began: float
    number: str
    first: str = ""
    refused: dict[str, int] = field(default_factory=dict)
    carried: str = ""


class Pbx:
    """Short calls all the time, each at the nodes that DNS leads to, in their order for this call."""

    def __init__(self, guide: Guide, ua: Agent, far: Agent):
        self.placed: list[Placed] = []
        self._guide, self._ua, self._far = guide, ua, far
        self._given_up: set[asyncio.Task] = set()

    @contextlib.asynccontextmanager
    async def answering(self):
        """While the block runs, what is called answers."""
        self._far.on_call = answer_quickly
        try:
            yield
        finally:
            self._far.on_call = None

    @contextlib.asynccontextmanager
    async def calling(self):
        """Calls all the time while the block runs; yields the list of them."""
        async with self.answering(), self._placing():
            yield self.placed

    @contextlib.asynccontextmanager
    async def _placing(self):
        over, tasks = asyncio.Event(), set()

        async def all_of_them() -> None:
            while not over.is_set():
                tasks.add(asyncio.create_task(self.one()))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), 1 / RATE)

        placing = asyncio.create_task(all_of_them())
        try:
            yield
        finally:
            over.set()
            await placing
            await asyncio.gather(*tasks)
            if self._given_up:  # what a node that hung said at last was answered by now, and a dead one says nothing
                _, silent = await asyncio.wait(self._given_up, timeout=PATIENCE)
                for task in silent:
                    task.cancel()

    def misses(self, node: FleetNode) -> list[Placed]:
        """The calls that this node did not carry though it was asked first."""
        return [call for call in self.placed if call.first == node.name and node.name in call.refused]

    def missed_for(self, node: FleetNode) -> float:
        """From the first such call to the last, s."""
        times = [call.began for call in self.misses(node)]
        return max(times) - min(times) if times else 0.0

    async def one(self) -> Placed:
        """One call, by the first node that serves it."""
        call = Placed(time.time(), fresh_number())
        self.placed.append(call)
        for node in (await self._guide.order())[:TRIES]:
            call.first = call.first or node.name
            code = await self._try(node, call.number)
            if code == 200:
                call.carried = node.name
                break
            call.refused[node.name] = code
        return call

    async def _try(self, node: FleetNode, number: str) -> int:
        headers = [("Content-Type", "application/sdp")]
        call = await dial(node, self._ua, node.key, number, sdp=quick(self._ua.address), headers=headers)
        try:
            response = await call.final(timeout=PATIENCE)
        except TimeoutError:
            self._given_up.add(asyncio.create_task(self._end_late(call)))
            return 0
        if response.code == 200:
            with contextlib.suppress(TimeoutError):  # the node may die just now; the call was carried
                await call.bye()
        return response.code

    @staticmethod
    async def _end_late(call) -> None:
        """A call that was given up and is answered all the same is over at once (RFC 3261 §15)."""
        with contextlib.suppress(TimeoutError):
            if (await call.final()).code == 200:
                await call.bye()


async def unrecorded(node: FleetNode, calls: dict[str, str]) -> list[tuple[str, str]]:
    """Which calls (the node that carried it, by its number) have no record, as answered and ended, half a minute later.

    Fails when one has two.
    """

    def missing() -> list[tuple[str, str]]:
        found: dict[tuple[str, str], dict] = {}
        for record in node.records():
            if record["ended"] and record["outcome"] == "answered":
                call = record["called"], record["node"]
                assert call not in found, f"a call has two records: {found[call]} and {record}"
                found[call] = record
        return sorted(calls.items() - found.keys())

    deadline = time.monotonic() + 30
    while (lost := await asyncio.to_thread(missing)) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return lost


def number_of(call) -> str:
    return call.invitation.uri.removeprefix("sip:").partition("@")[0].lstrip("+")


class Held:
    """Calls that are up at one node for as long as something happens, with a tone each way."""

    def __init__(self, calls: list[tuple]):
        self.calls = calls
        self.numbers = [number_of(call) for call, _ in calls]

    @classmethod
    async def place(cls, node: FleetNode, ua: Agent, far: Agent, count: int) -> "Held":
        calls = []
        for _ in range(count):
            call = await dial(node, ua, node.key, fresh_number())
            incoming = await far.next_call(timeout=10)
            await incoming.answer()
            assert (await call.final()).code == 200
            for end, tone in ((call, 440), (incoming, 600)):
                end.audio.packet_time(PACKET_MS)
                end.audio.play(tone)
            calls.append((call, incoming))
        return cls(calls)

    async def lost(self, seconds: float = 3.0) -> int:
        """How many have no audio one way or the other, from now on, for so long."""
        return sum(await asyncio.gather(*(self._is_lost(*call, seconds) for call in self.calls)))

    async def back(self, seconds: float) -> float:
        """Until all have audio both ways again, s; raises AudioError when that is not in time."""
        began = time.monotonic()
        while await self.lost(seconds=0.6):
            if time.monotonic() - began > seconds:
                raise AudioError(f"not all calls were heard again within {seconds:g} s")
        return time.monotonic() - began

    async def hang_up(self) -> None:
        for call, incoming in self.calls:
            assert (await call.bye()).code == 200
            await incoming.hung_up()

    @staticmethod
    async def _is_lost(call, incoming, seconds: float) -> bool:
        for end in (call, incoming):
            end.audio.forget()
        try:
            await asyncio.gather(incoming.audio.hear(440, seconds), call.audio.hear(600, seconds))
        except AudioError:
            return True
        return False
