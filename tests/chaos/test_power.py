"""The process manager dies, and then everything at once."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest

from chaos.calling import carrier, fresh_number, outbound, record
from harness.node import eventually
from harness.placing import hang_up
from harness.polling import until
from trunkline.node import part

pytestmark = pytest.mark.long


def manager(node) -> int:
    return int((node.home.run / "supervisord.pid").read_text())


def whole(database) -> bool:
    with sqlite3.connect(database) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    return found == "ok"


async def test_the_process_manager_is_killed(own_node, agent):
    """Its death costs no call; the next `up` ends the orphans of this home alone, and `down` leaves nothing."""
    node = own_node
    await asyncio.to_thread(node.up)
    await asyncio.to_thread(node.furnish)
    far, ua = await carrier(node, agent), await agent()
    number = fresh_number()
    call, incoming = await outbound(node, ua, far, number)
    node.kill(manager(node))
    await eventually(lambda: node.run("status").returncode == 3, what="status says that it does not run")
    assert node.members("kamailio")
    await hang_up(*await outbound(node, ua, far))
    assert "processes that an earlier node left behind" in await asyncio.to_thread(node.up)
    await hang_up(call, incoming)
    assert (await record(node, number))["hung_up_by"] == "caller"
    await hang_up(*await outbound(node, ua, far))

    node.kill(manager(node))
    assert await asyncio.to_thread(node.do, "down") == "The node is down.\n"
    await eventually(lambda: not node.processes(), what="no process is left")

    await asyncio.to_thread(node.up)
    await outbound(node, ua, far)
    clear = node.home.status("clear")
    await eventually(lambda: (part.read_status(clear) or {}).get("up") == 1, what="the call is known")
    down = await asyncio.to_thread(node.run, "down")
    assert down.stdout == "The node is down.\n"
    assert down.stderr.startswith("1 call was up, and without audio now, until a party hangs up.")
    assert not node.processes()


async def test_a_power_cut_during_calls(own_node, agent):
    node = own_node
    await asyncio.to_thread(node.up)
    await asyncio.to_thread(node.furnish)
    far, ua = await carrier(node, agent), await agent()
    ended, cut = [fresh_number() for _ in range(10)], fresh_number()
    call, incoming = await outbound(node, ua, far, cut)
    for number in ended[:-1]:
        await hang_up(*await outbound(node, ua, far, number))
    last = await outbound(node, ua, far, ended[-1])
    await hang_up(*last)  # its record is still on the way when the power goes
    await asyncio.to_thread(node.end)

    for database in (node.home.store, node.home.root / "control.db", node.home.locations):
        assert whole(database), database
    await asyncio.to_thread(node.up)
    for number in ended:
        found = await record(node, number)
        assert (found["outcome"], found["hung_up_by"]) == ("answered", "caller")
    await hang_up(call, incoming)  # the phones have not noticed; their BYE proves the call by itself
    assert (await record(node, cut))["outcome"] == "answered"
    await hang_up(*await outbound(node, ua, far))
    await eventually(lambda: len(node.records()) == 12, what="one record of each call")


def test_up_is_killed_halfway(own_node):
    """What it had started comes up without it; another `up` refuses, and `down` ends it all."""
    node = own_node
    command = [sys.executable, "-m", "trunkline", "up", "--detach", "--no-check"]
    up = subprocess.Popen(command, env=node.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: (node.home.run / "supervisord.pid").exists(), 30, "the process manager has started")
    up.kill()
    up.wait()
    until(lambda: node.status() == (0, {}), 20, "all parts work")
    assert "is already running (process" in node.run("up", "--detach").stderr
    node.do("down")
    assert not node.processes()
