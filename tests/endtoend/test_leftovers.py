"""What hundreds of calls leave behind: nothing."""

import asyncio
import contextlib
import json
import os
import socket

import pytest

from chaos.calling import answer_quickly, carrier, fresh_number, many, one_short_call
from harness.node import eventually

CALLS, RATE = 300, 40.0
NOISE = 200_000  # bytes of shared memory: connections, timers, and tables that have grown to their use
LINGER = 45.0  # s after which tm has freed a finished transaction, and one to a party that is gone


def relayed(node) -> int:
    """The calls that rtpengine knows, by its NG `statistics`."""
    port = int(json.loads(node.home.ports.read_text())["relays"][0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", port))
        client.send(b"1 d7:command4:list5:limiti1000ee")
        reply = client.recv(65536)
    assert b"6:result2:ok" in reply, reply
    return 0 if b"5:callsle" in reply else 1


def entries(node, table: str) -> dict[str, str]:
    dumped = node.rpc("htable.dump", table)
    slots = [slot for entry in dumped for slot in (entry.get("slot", []) if isinstance(entry, dict) else [])]
    return {slot["name"]: str(slot["value"]) for slot in slots}


def open_files(node) -> int:
    count = 0
    for part in ("kamailio", "rtpengine"):
        for pid in node.members(part):
            with contextlib.suppress(FileNotFoundError):
                count += len(os.listdir(f"/proc/{pid}/fd"))
    return count


@pytest.mark.long
async def test_after_many_short_calls_nothing_is_left(node, agent):
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly

    async def used() -> int:
        """Shared memory once the last transactions are freed, without what answers were made to say: that is kept for
        as long as they may be repeated."""
        await eventually(lambda: node.rpc("tm.stats")["current"] == 0, LINGER, "tm has freed every transaction")
        await asyncio.to_thread(node.rpc, "htable.flush", "told")
        return int((await asyncio.to_thread(node.rpc, "core.shmmem"))["used"])

    # The first calls fill caches and grow tables.
    await many(RATE, 100, lambda n: one_short_call(node, ua, fresh_number()))
    memory, files = await used(), open_files(node)
    await many(RATE, CALLS, lambda n: one_short_call(node, ua, fresh_number()))
    assert await used() - memory < NOISE
    assert open_files(node) <= files + 2
    assert await asyncio.to_thread(relayed, node) == 0
    for table in ("calls", "claimed"):
        assert await asyncio.to_thread(entries, node, table) == {}
    assert set((await asyncio.to_thread(entries, node, "active")).values()) <= {"0"}
