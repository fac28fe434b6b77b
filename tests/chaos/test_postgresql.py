"""A node on PostgreSQL, which stops, dies and freezes while calls run."""

import asyncio
import shutil
import subprocess
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from bench.postgresql import postgresql

from chaos.calling import all_recorded, calls_all_the_time, carrier, dial_carrier, fresh_number, outbound, record
from harness.node import NUMBER, Node, eventually, running
from harness.placing import hang_up
from trunkline.contract import store

OUTAGES = {
    "stopped": (lambda server: server.stop(), lambda server: server.start()),
    "killed": (lambda server: server.kill(), lambda server: server.start()),
    "frozen": (lambda server: server.freeze(), lambda server: server.thaw()),
}


@pytest.fixture(scope="module")
def server():
    with postgresql() as server:
        yield server


@pytest.fixture
def cramped(addresses):
    """A node and the folder where its database is, which has 32 MB."""
    folder = Path(tempfile.mkdtemp(prefix="cramped-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=0755", "tmpfs", folder], check=True)
    try:
        place = folder / "tables"
        place.mkdir()
        shutil.chown(place, "postgres")
        with postgresql() as server:
            server.query(f"CREATE TABLESPACE cramped LOCATION '{place}'")
            server.query("CREATE DATABASE cramped TABLESPACE cramped")
            with running(addresses, database={"url": f"postgresql://postgres@/cramped?host={server.folder}"}) as node:
                yield node, folder
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


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


@pytest.mark.long
async def test_its_disk_is_full(cramped, agent):
    """Calls go on, their records wait and none is lost; changes are refused in words that say why."""
    node, folder = cramped
    far, ua = await carrier(node, agent), await agent()
    filler, full = folder / "filler", "No space left on device"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    numbers: list[str] = []

    async def refused() -> str:
        numbers.append(fresh_number())
        await hang_up(*await outbound(node, ua, far, numbers[-1]))
        return (await asyncio.to_thread(node.status))[1].get("ship", "")

    try:
        async with asyncio.timeout(90):  # the pages that are there have room for some
            while full not in await refused():
                assert len(numbers) < 500
        added = [await asyncio.to_thread(node.run, "number", "add", f"+4477009{n:05}") for n in range(3)]
        assert all(ran.returncode == 0 or full in ran.stderr for ran in added), added
    finally:
        filler.unlink()
    for number in numbers:
        assert (await record(node, number, 30))["outcome"] == "answered"
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


def test_nor_does_one_whose_store_is_damaged(addresses, tmp_path):
    """Its first pages say that it was filled."""
    node = Node(addresses, database={"url": f"postgresql://nobody@/none?host={tmp_path}"})
    node.home.stores.mkdir(parents=True, exist_ok=True)
    with closing(store.open_writer(node.home.store)) as connection:
        numbers = [{"id": n, "account_id": 1, "e164": str(10_000_000 + n), "forward": "[]"} for n in range(2000)]
        store.insert(connection, {"number": numbers})
        store.set_sequence(connection, 1)
    data = bytearray(node.home.store.read_bytes())
    data[-8192:] = b"\xa5" * 8192
    node.home.store.write_bytes(data)
    assert store.serves(node.home.store)
    try:
        ran = node.run("up", "--detach", "--no-check")
        assert ran.returncode == 1
        assert "edge.db was damaged and is now edge.db.damaged" in ran.stdout
        assert "engines" not in ran.stdout + ran.stderr  # they would have been waited for in vain
        assert "does not serve us: connection" in ran.stderr
        assert not node.processes()
    finally:
        node.discard()
