"""A node that follows a streaming replica of its PostgreSQL, while either of the two is lost and calls run."""

import asyncio
import time

import pytest
from bench.postgresql import postgresql, replica

from chaos.calling import all_recorded, calls_all_the_time, carrier, inbound
from harness.node import NUMBER, SIP_PORT, eventually, running
from harness.placing import hang_up
from trunkline.node.part import read_status

pytestmark = pytest.mark.long

SECONDS = 2.0  # in which a change is in force


@pytest.fixture(scope="module")
def servers():
    """`(primary, replica)`"""
    with postgresql() as primary, replica(primary) as copy:
        yield primary, copy


@pytest.fixture(scope="module")
def node(addresses, servers):
    primary, copy = servers
    with running(addresses, database={"url": primary.url, "replica_url": copy.url}) as node:
        yield node


def followed(node) -> str:
    return "replica" if read_status(node.home.status("follow"))["followed"].startswith("the replica") else "primary"


async def its_pbx(node, agent):
    """Where NUMBER leads from the beginning."""
    return await agent(address=node.pbx_address, port=SIP_PORT)


class Mover:
    """Moves NUMBER from one user of a PBX to the next, and sees by calls when that is in force."""

    def __init__(self, node, far, pbx):
        self._node, self._far, self._pbx, self._count = node, far, pbx, 0

    async def move(self) -> float:
        """How long after the change was written a call was sent by it, s."""
        self._count += 1
        user = f"user{self._count}"
        await asyncio.to_thread(self._write, f"sip:{user}@{self._pbx.address}:{self._pbx.port()}")
        began = time.monotonic()
        while await self._called() != user:
            assert time.monotonic() - began < 20, "the change never came"
            await asyncio.sleep(0.03)  # as fast as they go, calls fill the 64 MB of a test's Kamailio
        return time.monotonic() - began

    def _write(self, target: str) -> None:
        with self._node.services() as services:
            services.numbers.forward(services.numbers.get(f"+{NUMBER}"), target)

    async def _called(self) -> str:
        call, incoming = await inbound(self._node, self._far, self._pbx)
        await hang_up(call, incoming)
        return incoming.user


async def test_changes_come_by_the_replica(node, agent):
    await eventually(lambda: followed(node) == "replica", what="the replica is followed")
    mover = Mover(node, await carrier(node, agent), await its_pbx(node, agent))
    for _ in range(3):
        assert await mover.move() < SECONDS
        assert followed(node) == "replica"
    assert "of the replica, PostgreSQL" in next(
        check["text"] for check in node.ask("status")["checks"] if check["name"] == "follow"
    )


@pytest.mark.parametrize("how", ["stopped", "frozen", "paused"])
async def test_without_the_replica_the_primary_is_followed(node, servers, agent, how):
    """`paused`: it takes part in nothing new, and answers all the same."""
    _, copy = servers
    begin = {"stopped": copy.stop, "frozen": copy.freeze, "paused": lambda: copy.query("SELECT pg_wal_replay_pause()")}
    end = {"stopped": copy.start, "frozen": copy.thaw, "paused": lambda: copy.query("SELECT pg_wal_replay_resume()")}
    await eventually(lambda: followed(node) == "replica", what="the replica is followed")
    far, ua, pbx = await carrier(node, agent), await agent(), await its_pbx(node, agent)
    mover = Mover(node, far, pbx)
    async with calls_all_the_time(node, ua, far) as numbers:
        await eventually(lambda: len(numbers) > 2, what="calls work")
        await asyncio.to_thread(begin[how])
        try:
            took = await mover.move()
            assert took < 2 * SECONDS, "once, until it is found out"
            assert await mover.move() < SECONDS
            assert followed(node) == "primary"
            wrong = await asyncio.to_thread(lambda: node.status()[1])
            assert "Changes are read from the database itself" in wrong["follow"]
        finally:
            await asyncio.to_thread(end[how])
        await eventually(lambda: followed(node) == "replica", what="the replica is followed again")
        assert await mover.move() < SECONDS
    await all_recorded(node, numbers)


async def test_without_the_primary_calls_and_the_replica_go_on(node, servers, agent):
    primary, _ = servers
    await eventually(lambda: followed(node) == "replica", what="the replica is followed")
    far, ua, pbx = await carrier(node, agent), await agent(), await its_pbx(node, agent)
    mover = Mover(node, far, pbx)
    assert await mover.move() < SECONDS
    async with calls_all_the_time(node, ua, far) as numbers:
        await eventually(lambda: len(numbers) > 2, what="calls work")
        await asyncio.to_thread(primary.stop)
        try:
            wrong = await eventually(lambda: node.status()[1] or None, 30, "status says that the primary is away")
            await eventually(lambda: "ship" in node.status()[1], 30, "records wait")
            assert "follow" not in wrong, "it follows the replica"
            assert followed(node) == "replica"
        finally:
            await asyncio.to_thread(primary.start)
        await mover.move()
    await all_recorded(node, numbers)
