"""A node, its link, its media relay, the database, Redis, the way between two regions, a disk: each is lost while calls
are up at all six nodes and more are placed all the time, by a PBX that finds the nodes by SRV records and tries the
next one when one does not serve it."""

import asyncio
import contextlib
import signal
import time

import pytest

from chaos.calling import many
from fleet.report import Report
from fleet.traffic import PATIENCE, Held, Pbx, unrecorded
from fleet.zone import Guide
from harness.node import NUMBER, SIP_PORT, eventually

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]  # the first one starts six nodes

HIT = "us-2-1"  # a quarter of the weight
HELD, HELD_ELSEWHERE = 3, 1  # calls that are up at the node that is hit, and at each of the others
LOST_SECONDS = 5.0  # for which something is away
SETTLING = 2.0  # s, for a call that was on its way when it happened
DNS_SECONDS = 60.0  # that bound a failure; tests/dns/test_watching.py holds DNS to its 15 s


class Scene:
    """Calls that are up at all nodes, and a PBX that places more."""

    def __init__(self, nodes, guide: Guide, agent, report: Report):
        self.nodes, self.hit, self.guide, self.report, self._agent = nodes, nodes[HIT], guide, report, agent
        self.began = self.mended = 0.0  # Unix time

    @contextlib.asynccontextmanager
    async def playing(self):
        """While the block runs, it happens. Afterwards every call is ended, and judged, and recorded."""
        far = await self._agent(address=self.hit.carrier_address, port=SIP_PORT)
        ours = await self._agent(address=self.hit.pbx_address, port=SIP_PORT)
        self.held = {
            name: await Held.place(node, ours, far, HELD if node is self.hit else HELD_ELSEWHERE)
            for name, node in self.nodes.items()
        }
        await self.all_heard()
        self.pbx = Pbx(self.guide, await self._agent(address=self.hit.pbx_address, port=SIP_PORT + 1), far)
        async with self.pbx.calling() as placed:
            await eventually(lambda: len(placed) > 4, what="calls are placed")
            self.began = time.time()
            yield self
            await eventually(self._served_again, DNS_SECONDS, f"{HIT} carries calls again")
        self._report(placed)
        await asyncio.gather(*(held.hang_up() for held in self.held.values()))
        up = {number: name for name, held in self.held.items() for number in held.numbers}
        answered = up | {call.number: call.carried for call in placed if call.carried}
        lost = await unrecorded(self.nodes["eu1"], answered)
        self.report.answered, self.report.unrecorded = len(answered), len(lost)
        assert (self.report.failed, lost) == (0, [])

    async def away(self, begin, end, met=lambda: True) -> None:
        """Something is away for a while, and until somebody has met with that."""
        await asyncio.to_thread(begin)
        try:
            await asyncio.sleep(LOST_SECONDS)
            await eventually(met, what="somebody meets with the loss")
        finally:
            await asyncio.to_thread(end)
        await self.serves_again()

    async def serves_again(self) -> None:
        """From now on nothing is amiss any more; wait until the node shows it."""
        self.mended = time.time()
        await eventually(self.hit.serves, what=f"{HIT} serves")
        self.report.recovered = time.time() - self.mended

    async def all_heard(self, seconds: float = 10.0) -> None:
        """No call that is up was lost."""
        await asyncio.gather(*(held.back(seconds) for held in self.held.values()))

    def _served_again(self) -> bool:
        """Whether DNS leads to the node, and it carried its last calls, and said so after it was mended."""
        mine = [call for call in self.pbx.placed if call.first == HIT and call.began > self.mended]
        done = [call for call in mine if call.carried or call.refused]
        served = [call for call in done if HIT not in call.refused]
        return HIT in self.guide.seen[-1][1] and len(served) >= 3 and done[-1] is served[-1]

    def _report(self, placed) -> None:
        report = self.report
        report.held = sum(len(held.calls) for held in self.held.values())
        report.placed = sum(call.first == HIT and call.began > self.began for call in placed)
        report.refused, report.seconds = len(self.pbx.misses(self.hit)), self.pbx.missed_for(self.hit)
        report.failed = sum(not call.carried for call in placed)
        left, back = self.guide.absence(HIT, self.began)
        if left and back:
            report.left, report.back = left - self.began, back - self.mended


@pytest.fixture
def scene(nodes, guide, agent, report):
    return Scene(nodes, guide, agent, report)


async def test_the_nodes_share_the_calls_by_their_weights(nodes, guide, agent):
    """As the records tell it."""
    node = nodes[HIT]
    far = await agent(address=node.carrier_address, port=SIP_PORT)
    pbx = Pbx(guide, await agent(address=node.pbx_address, port=SIP_PORT), far)
    count, whole = 120, 80
    async with pbx.answering():
        calls = await many(20, count, lambda _: pbx.one())
    for name in nodes:
        share, carried = (20 if name.startswith("us") else 10) / whole, sum(call.first == name for call in calls)
        # Five standard deviations of a binomial distribution.
        assert abs(carried - count * share) < 5 * (count * share * (1 - share)) ** 0.5, (name, carried)
    assert await unrecorded(node, {call.number: call.carried for call in calls}) == []


async def test_a_node_is_killed(scene):
    """Its calls lose their audio and nobody else's; DNS leads away from it; started again, it ends what it began."""
    killed = scene.hit
    async with scene.playing():
        await asyncio.to_thread(killed.end)
        lost = await asyncio.gather(*(held.lost() for name, held in scene.held.items() if name != HIT))
        assert sum(lost) == 0
        await eventually(lambda: HIT not in scene.guide.seen[-1][1], DNS_SECONDS, f"DNS leads no longer to {HIT}")
        scene.mended = time.time()
        await asyncio.to_thread(killed.up)
        scene.report.recovered = time.time() - scene.mended
        scene.report.lost = sum(await asyncio.gather(*(held.lost(1.0) for held in scene.held.values())))
    # The relay's memory was in its Redis, which died too; the calls end properly all the same.
    assert scene.report.lost <= HELD


async def test_a_node_is_cut_off(scene):
    cut = scene.hit.machine
    async with scene.playing():
        await scene.away(cut.cut, cut.mend)
        await scene.all_heard()


async def test_its_media_relay_is_killed(scene):
    node = scene.hit
    async with scene.playing():
        killed = node.pid("rtpengine")
        scene.mended = time.time()
        node.kill(*node.members("rtpengine"))
        await eventually(lambda: node.is_back("rtpengine", killed) and node.serves(), what="the relay is back")
        scene.report.recovered = time.time() - scene.mended
        await scene.all_heard()


async def test_redis_is_stopped(scene):
    node = scene.hit
    async with scene.playing():
        killed = node.pid("redis")
        node.kill(killed)
        await scene.serves_again()
        await scene.all_heard()
        await eventually(lambda: node.pid("redis") not in (0, killed), what="Redis is back")
    assert scene.report.refused == 0


async def test_the_database_is_stopped(scene, database):
    async with scene.playing():
        await scene.away(database.stop, database.start)
        await scene.all_heard()
    assert scene.report.refused == 0


async def test_the_database_is_cut_off_from_all_nodes(scene, database):
    async with scene.playing():
        await scene.away(database.machine.cut, database.machine.mend)
        await scene.all_heard()
    assert scene.report.refused == 0


async def test_two_regions_are_parted(scene, database):
    """The one without the database goes on with what it knows; a change reaches it when they meet again."""
    parted = [node for node in scene.nodes.values() if node.settings.node.region == "us"]
    others = [node.machine for node in scene.nodes.values() if node.settings.node.region == "eu"] + [database.machine]
    async with scene.playing():

        def part() -> None:
            for node in parted:
                node.machine.part_from(*others)
            scene.nodes["eu1"].do("number", "forward", NUMBER, f"sip:pbx@{scene.hit.pbx_address}:{SIP_PORT}")

        def meet() -> None:
            for node in parted:
                node.machine.meet(*others)

        await scene.away(part, meet)
        await scene.all_heard()
        for node in parted:
            await eventually(lambda node=node: node.caught_up() or True, what="the change has arrived")
    assert scene.report.refused == 0


async def test_a_disk_is_full(scene):
    """A node that cannot record refuses new calls in words, and those that are up go on."""
    full = scene.hit
    async with scene.playing():
        await scene.away(full.fill_disk, full.free_disk, lambda: scene.pbx.misses(full))
        await scene.all_heard()
    assert {call.refused[HIT] for call in scene.pbx.misses(full)} == {503}
    assert scene.report.seconds < LOST_SECONDS + SETTLING


async def test_a_node_that_hangs(scene):
    """Its Kamailio is stopped: a PBX waits as long as it does for a node that says nothing."""
    node = scene.hit
    async with scene.playing():
        members = node.members("kamailio")
        await scene.away(
            lambda: node.kill(*members, number=signal.SIGSTOP), lambda: node.kill(*members, number=signal.SIGCONT)
        )
        await scene.all_heard()
    assert scene.report.seconds < LOST_SECONDS + PATIENCE + SETTLING
