"""A node on PostgreSQL, which stops, dies and freezes while calls run."""

import asyncio

import pytest
from bench.postgresql import postgresql

from chaos.calling import all_recorded, calls_all_the_time, carrier, dial_carrier, fresh_number, outbound, record
from harness.node import NUMBER, Node, eventually, running
from harness.placing import hang_up

pytestmark = pytest.mark.long

OUTAGES = {
    "stopped": (lambda server: server.stop(), lambda server: server.start()),
    "killed": (lambda server: server.kill(), lambda server: server.start()),
    "frozen": (lambda server: server.freeze(), lambda server: server.thaw()),
}


@pytest.fixture(scope="module")
def server():
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def pg_node(addresses, server):
    with running(addresses, database={"url": server.url}) as node:
        yield node


@pytest.mark.parametrize("outage", OUTAGES)
async def test_no_call_is_lost(pg_node, server, agent, outage):
    """Calls and registrations work throughout; afterwards changes arrive, and every record, none twice."""
    node = pg_node
    begin, end = OUTAGES[outage]
    far, ua, other = await carrier(node, agent), await agent(), await agent()
    async with calls_all_the_time(node, ua, far) as numbers:
        await eventually(lambda: len(numbers) > 2, what="calls work")
        await asyncio.to_thread(begin, server)
        try:

            def told() -> dict[str, str]:
                code, wrong = node.status()
                return wrong if code == 1 and {"follow", "ship"} <= wrong.keys() else {}

            wrong = await eventually(told, 30, "status says that the database is away")
            for part in ("follow", "ship"):
                assert "PostgreSQL" in wrong[part] or "waits for the database" in wrong[part]
            made, response = len(numbers), await ua.register(node.uri(), node.key.name, node.key.secret, node.udp)
            assert response.code == 200
            assert made > 20
        finally:
            await asyncio.to_thread(end, server)
        target = f"sip:{outage}@{other.address}:{other.port()}"
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, target)
        await asyncio.to_thread(node.caught_up)
        call = await dial_carrier(node, far, f"+{NUMBER}")
        incoming = await other.next_call()
        assert incoming.user == outage
        await incoming.answer()
        await call.final()
        await hang_up(call, incoming)
    await all_recorded(node, numbers)
    await eventually(lambda: node.status() == (0, {}), what="all is well again")


async def test_a_node_starts_without_it_with_what_it_knew(pg_node, server, agent):
    """A machine that boots while the database is away serves; records and changes follow."""
    node, number = pg_node, fresh_number()
    far, ua, other = await carrier(node, agent), await agent(), await agent()
    await asyncio.to_thread(server.stop)
    try:
        await asyncio.to_thread(node.end)  # its power is cut
        said = await asyncio.to_thread(node.up)
        assert "The node starts all the same, with what it knew when it was stopped" in said, said
        wrong = (await asyncio.to_thread(node.status))[1]
        assert wrong.keys() - {"ship"} == {"follow", "beat"}  # whose journal may have lines that wait
        assert all("PostgreSQL" in words for words in wrong.values()), wrong
        await hang_up(*await outbound(node, ua, far, number))
        assert (await ua.register(node.uri(), node.key.name, node.key.secret, node.udp)).code == 200
    finally:
        await asyncio.to_thread(server.start)
    assert (await record(node, number, 30))["outcome"] == "answered"
    await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:later@{other.address}:{other.port()}")
    await asyncio.to_thread(node.caught_up)
    call = await dial_carrier(node, far, f"+{NUMBER}")
    incoming = await other.next_call()
    await incoming.answer()
    await call.final()
    await hang_up(call, incoming)
    await eventually(lambda: node.status() == (0, {}), what="all is well again")


def test_a_node_that_knows_nothing_does_not_start_without_it(addresses, tmp_path):
    node = Node(addresses, database={"url": f"postgresql://nobody@/none?host={tmp_path}"})
    try:
        ran = node.run("up", "--detach", "--no-check")
        assert ran.returncode == 1
        assert "does not serve us: connection" in ran.stderr
        assert not node.processes()
    finally:
        node.discard()
