"""A node is stopped and started as another version, while calls are up."""

import asyncio
import sqlite3
from contextlib import closing

from chaos.calling import carrier, fresh_number, outbound, record
from harness.node import eventually
from harness.placing import hang_up
from trunkline.contract import store


def _as_an_earlier_version_left_it(node) -> None:
    """The store has another schema, and a row that only an emptied one is without."""
    with closing(sqlite3.connect(node.home.store, isolation_level=None)) as edge:
        edge.execute("ALTER TABLE account DROP COLUMN srtp")
        edge.execute("UPDATE account SET name = 'of an earlier version'")
        edge.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION - 1}")


def _served(node) -> list[str]:
    with closing(store.open_reader(node.home.store)) as edge:
        return [row["name"] for row in edge.execute("SELECT name FROM account WHERE srtp <> ''")]


async def test_calls_end_properly_on_a_node_with_a_later_schema_of_its_store(node, agent):
    """Either side's BYE reaches the other, and both records are whole; their audio ended with the media relay."""
    far, ua = await carrier(node, agent), await agent()
    number, other = fresh_number(), fresh_number()
    call, incoming = await outbound(node, ua, far, number)
    call2, incoming2 = await outbound(node, ua, far, other)

    await asyncio.to_thread(node.do, "down")
    _as_an_earlier_version_left_it(node)
    await asyncio.to_thread(node.up)

    await eventually(lambda: _served(node), 20, "the store is filled anew")
    assert "of an earlier version" not in _served(node)
    await call.bye()
    await incoming.hung_up()
    await incoming2.bye()
    await call2.hung_up()
    for dialled, by in ((number, "caller"), (other, "callee")):
        ended = await record(node, dialled)
        assert (ended["outcome"], ended["hung_up_by"]) == ("answered", by)
    await hang_up(*await outbound(node, ua, far))
