"""A node goes from SQLite to PostgreSQL under its calls, none of which fails or lacks its record."""

import asyncio

import pytest
from bench.postgresql import postgresql

from chaos.calling import all_recorded, calls_all_the_time, carrier, dial_carrier, outbound, record
from chaos.calling import fresh_number as a_number
from harness.node import NUMBER, eventually
from harness.placing import hang_up
from trunkline.settings.sections import Database

pytestmark = pytest.mark.long


@pytest.fixture
def server():
    with postgresql() as server:
        yield server


async def test_calls_go_on_and_their_records_follow(own_node, server, agent):
    node = own_node
    await asyncio.to_thread(node.up)
    await asyncio.to_thread(node.furnish)
    far, ua, other = await carrier(node, agent), await agent(), await agent()
    long = a_number()
    call, incoming = await outbound(node, ua, far, long)
    async with calls_all_the_time(node, ua, far) as numbers:
        await eventually(lambda: len(numbers) > 2, what="calls work")
        said = await asyncio.to_thread(node.do, "database", "move", server.url)
        assert "Moved and counted" in said
        refused = await asyncio.to_thread(node.run, "account", "add", "lost")
        assert refused.returncode == 1
        assert "was moved to PostgreSQL" in refused.stderr
        made = len(numbers)
        await eventually(lambda: len(numbers) > made + 5, what="calls go on between the two")

        (node.home.root / "trunkline.toml").write_text(f'[database]\nurl = "{server.url}"\n')
        node.settings = node.settings.model_copy(update={"database": Database(url=server.url)})
        assert "follow" in await asyncio.to_thread(node.do, "database", "reconnect")
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:moved@{other.address}:{other.port()}")
        await asyncio.to_thread(node.caught_up)
        inbound = await dial_carrier(node, far, f"+{NUMBER}")
        to_the_pbx = await other.next_call()
        assert to_the_pbx.user == "moved"
        await to_the_pbx.answer()
        await inbound.final()
        await hang_up(inbound, to_the_pbx)
    await hang_up(call, incoming)
    assert (await record(node, long, 30))["outcome"] == "answered"
    await all_recorded(node, numbers)
    await eventually(lambda: node.status() == (0, {}), what="all is well")
