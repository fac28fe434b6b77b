"""A node, its link, its media relay, the database, Redis, the way between two regions, a disk: each is lost while calls
are up at both nodes and more are placed all the time, by a PBX that tries the other node when one does not serve it."""

import asyncio
import contextlib
import signal
import time

import pytest

from fleet.report import Report
from fleet.traffic import PATIENCE, Held, Pbx, all_recorded
from harness.node import NUMBER, SIP_PORT, eventually

pytestmark = pytest.mark.long

LOST_SECONDS = 5.0  # for which something is away
SETTLING = 2.0  # s, for a call that was on its way when it happened


class Scene:
    """Calls that are up at both nodes, and a PBX that places more."""

    def __init__(self, nodes, agent, report: Report):
        self.nodes, self.report, self._agent = nodes, report, agent
        self.mended = 0.0  # Unix time

    @contextlib.asynccontextmanager
    async def playing(self, hit):
        """While the block runs, it happens to `hit`. Afterwards every call is ended, and judged, and recorded."""
        node = self.nodes[0]
        far = await self._agent(address=node.carrier_address, port=SIP_PORT)
        uas = [await self._agent(address=node.pbx_address, port=SIP_PORT + n) for n in range(3)]
        self.held = {n.name: await Held.place(n, ua, far) for n, ua in zip(self.nodes, uas, strict=False)}
        self.pbx = Pbx(self.nodes, uas[-1], far)
        async with self.pbx.calling() as placed:
            await eventually(lambda: len(placed) > 4, what="calls are placed")
            yield self
            await eventually(lambda: self._served_again(hit), 40, f"{hit.name} carries calls again")
        report = self.report
        report.held = sum(len(held.calls) for held in self.held.values())
        report.placed = sum(call.first == hit.name for call in placed)
        report.refused, report.seconds = len(self.pbx.misses(hit)), self.pbx.missed_for(hit)
        report.failed = sum(not call.carried for call in placed)
        for held in self.held.values():
            await held.hang_up()
        up = {number: name for name, held in self.held.items() for number in held.numbers}
        await all_recorded(node, up | {call.number: call.carried for call in placed if call.carried})
        assert report.failed == 0

    async def away(self, begin, end) -> None:
        """Something is away for a while."""
        await asyncio.to_thread(begin)
        try:
            await asyncio.sleep(LOST_SECONDS)
        finally:
            await asyncio.to_thread(end)
        self.mended = time.time()

    async def all_heard(self, seconds: float = 10.0) -> None:
        """No call that is up was lost."""
        await asyncio.gather(*(held.back(seconds) for held in self.held.values()))

    def _served_again(self, node) -> bool:
        """Whether the node carried its last calls, and said so after it was mended."""
        mine = [call for call in self.pbx.placed if call.first == node.name and call.began > self.mended]
        done = [call for call in mine if call.carried or call.refused]
        served = [call for call in done if node.name not in call.refused]
        if served and not self.report.recovered:
            self.report.recovered = served[0].began - self.mended
        return len(served) >= 3 and done[-1] is served[-1]


@pytest.fixture
def scene(nodes, agent, report):
    return Scene(nodes, agent, report)


async def test_a_node_is_killed(scene):
    """Its calls lose their audio and nobody else's; started again, it ends what it had begun."""
    killed, other = scene.nodes
    async with scene.playing(killed):
        await asyncio.to_thread(killed.end)
        assert await scene.held[other.name].lost() == 0
        await asyncio.sleep(LOST_SECONDS)
        scene.mended = time.time()
        await asyncio.to_thread(killed.up)
        scene.report.lost = await scene.held[killed.name].lost(1.0) + await scene.held[other.name].lost(1.0)
    # The relay's memory was in its Redis, which died too; the calls end properly all the same.
    assert scene.report.lost <= len(scene.held[killed.name].calls)


async def test_a_node_is_cut_off(scene):
    cut = scene.nodes[0].machine
    async with scene.playing(scene.nodes[0]):
        await scene.away(cut.cut, cut.mend)
        await scene.all_heard()


async def test_its_media_relay_is_killed(scene):
    node = scene.nodes[0]
    async with scene.playing(node):
        killed = node.pid("rtpengine")
        scene.mended = time.time()
        node.kill(*node.members("rtpengine"))
        await eventually(lambda: node.is_back("rtpengine", killed) and node.serves(), 10, "the relay is back")
        await scene.all_heard()


async def test_redis_is_stopped(scene):
    node = scene.nodes[0]
    async with scene.playing(node):
        killed = node.pid("redis")
        scene.mended = time.time()
        node.kill(killed)
        await scene.all_heard()
        await eventually(lambda: node.pid("redis") not in (0, killed), 10, "Redis is back")
    assert scene.report.refused == 0


async def test_the_database_is_stopped(scene, database):
    async with scene.playing(scene.nodes[0]):
        await scene.away(database.stop, database.start)
        await scene.all_heard()
    assert scene.report.refused == 0


async def test_the_database_is_cut_off_from_both_nodes(scene, database):
    async with scene.playing(scene.nodes[0]):
        await scene.away(database.machine.cut, database.machine.mend)
        await scene.all_heard()
    assert scene.report.refused == 0


async def test_two_regions_are_parted(scene, database):
    """The one without the database goes on with what it knows; a change reaches it when they meet again."""
    parted, other = scene.nodes
    async with scene.playing(parted):
        others = (other.machine, database.machine)

        def part() -> None:
            parted.machine.part_from(*others)
            other.do("number", "forward", NUMBER, f"sip:pbx@{other.pbx_address}:{SIP_PORT}")

        await scene.away(part, lambda: parted.machine.meet(*others))
        await scene.all_heard()
        await eventually(lambda: parted.caught_up() or True, 15, "the change has arrived")
    assert scene.report.refused == 0


async def test_a_disk_is_full(scene):
    """A node that cannot record refuses new calls in words, and those that are up go on."""
    full = scene.nodes[0]
    async with scene.playing(full):
        await scene.away(full.fill_disk, full.free_disk)
        await scene.all_heard()
    assert scene.report.refused
    assert {call.refused[full.name] for call in scene.pbx.misses(full)} == {503}
    assert scene.report.seconds < LOST_SECONDS + SETTLING


async def test_a_node_that_hangs(scene):
    """Its Kamailio is stopped: a PBX waits as long as it does for a node that says nothing."""
    node = scene.nodes[0]
    async with scene.playing(node):
        members = node.members("kamailio")
        await scene.away(
            lambda: node.kill(*members, number=signal.SIGSTOP), lambda: node.kill(*members, number=signal.SIGCONT)
        )
        await scene.all_heard()
    assert scene.report.seconds < LOST_SECONDS + PATIENCE + SETTLING
