"""The database is lost, or another is in its place: calls go on until the operator says that it is meant."""

import asyncio

import pytest

from chaos.calling import answer_quickly, carrier
from endtoend.test_changes import code
from harness.node import eventually

pytestmark = pytest.mark.long

CALLED = "99951111111"


async def test_a_lost_database_does_not_empty_the_edge(own_node, agent):
    node = own_node
    await asyncio.to_thread(node.up)
    await asyncio.to_thread(node.furnish)
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    assert await code(node, ua, CALLED) == 200
    for path in node.home.root.glob("control.db*"):
        path.unlink()
    assert str(node.home.root / "control.db") in (await _wrong(node, "is gone"))
    assert await asyncio.to_thread(node.ask, "account", "list") == []  # makes an empty one

    told = await _wrong(node, "is not the database that this node follows")
    assert str(node.home.root / "control.db") in told
    assert "trunkline node adopt" in told
    assert await code(node, ua, CALLED) == 200

    await asyncio.to_thread(node.do, "down")
    said = await asyncio.to_thread(node.up)
    assert "follow: the database" in said
    assert await code(node, ua, CALLED) == 200

    await asyncio.to_thread(node.do, "node", "adopt", "--yes")
    await eventually(lambda: node.status() == (0, {}), what="all is well again")
    assert await code(node, ua, CALLED) == 407


async def _wrong(node, words: str) -> str:
    """What `status` says of the follower, once it has these words in it."""
    return await eventually(
        lambda: (text := node.status()[1].get("follow", "")) and words in text and text, 20, f"status says: {words}"
    )
