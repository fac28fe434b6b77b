"""The SQLite database is locked, or not there at all, while calls run."""

import asyncio
import os
import sqlite3

from chaos.calling import all_recorded, calls_all_the_time, carrier, dial_carrier, outbound
from harness.node import NUMBER, SIP_PORT, eventually
from harness.placing import hang_up


async def test_locked(node, agent):
    """Another process holds the write lock for so long that status must say so."""
    far, ua = await carrier(node, agent), await agent()
    async with calls_all_the_time(node, ua, far) as numbers:
        holder = sqlite3.connect(node.home.root / "control.db", isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")

        def told() -> dict[str, str]:
            code, wrong = node.status()
            return wrong if code == 1 and "ship" in wrong else {}

        wrong = await eventually(told, 30, "status says that records do not arrive")
        assert "waits for the database" in wrong["ship"] or "is locked" in wrong["ship"]
        response = await ua.register(node.uri(), node.key.name, node.key.secret, node.udp)
        assert response.code == 200
        held = len(numbers)
        holder.execute("ROLLBACK")
        holder.close()
        await eventually(lambda: len(numbers) > held, what="calls went on")
    assert held > 20
    await all_recorded(node, numbers)
    await eventually(lambda: node.status() == (0, {}), what="all is well again")


async def test_renamed(node, agent):
    """The file is gone, and the parts that used it are started anew."""
    far, ua, other = await carrier(node, agent), await agent(), await agent()
    database = node.home.root / "control.db"
    away = node.home.root / "away"
    away.mkdir()
    async with calls_all_the_time(node, ua, far) as numbers:
        for part in ("follow", "ship"):
            await asyncio.to_thread(node.kill, node.pid(part))
        for path in (*node.home.root.glob("control.db*"),):
            os.rename(path, away / path.name)

        def told() -> bool:
            code, wrong = node.status()
            return code == 1 and all(str(database) in wrong.get(part, "") for part in ("follow", "ship"))

        await eventually(told, 30, "status says which database is not there")
        for path in away.iterdir():
            os.rename(path, node.home.root / path.name)
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:other@{other.address}:{other.port()}")
        await asyncio.to_thread(node.caught_up)
        call = await dial_carrier(node, far, f"+{NUMBER}")
        incoming = await other.next_call()
        await incoming.answer()
        await call.final()
        await call.bye()
    await all_recorded(node, numbers)
    await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:pbx@{node.pbx_address}:{SIP_PORT}")
    await eventually(lambda: node.status() == (0, {}), what="all is well again")


async def test_the_stores_files_are_damaged(node, agent):
    """A broken disk: the next start has both anew, and says so."""
    far, ua = await carrier(node, agent), await agent()
    await asyncio.to_thread(node.do, "down")
    node.home.store.write_bytes(b"nonsense" * 10_000)
    node.home.locations.write_bytes(b"")  # as a start leaves it that is killed before it has made the tables
    said = await asyncio.to_thread(node.up)
    assert "edge.db was damaged and is now edge.db.damaged" in said
    response = await ua.register(node.uri(), node.key.name, node.key.secret, node.udp)
    assert response.code == 200
    call, incoming = await outbound(node, ua, far)
    await hang_up(call, incoming)
    assert node.status() == (0, {})
