"""When our side fails: our own code, a full disk, the store: each costs what it must and no more."""

import asyncio
import os
import subprocess

import pytest

from harness import placing
from harness.polling import until

pytestmark = pytest.mark.engines


@pytest.mark.edge_fails
async def test_an_exception_of_ours_is_500_and_the_next_request_works(edge, agent):
    key, ua = edge.key(), await agent()
    broken = edge.number(account_id=key.account_id, number_id=900_001)
    row = {"id": 900_001, "e164": broken, "account_id": key.account_id, "forward": '[{"strange": 1}]'}
    edge.put("number", 900_001, {"number": [row]})
    log = edge.home.log / "kamailio.log"
    known = log.stat().st_size
    response = await placing.refused(edge, ua, key, f"+{broken}")
    assert response.code == 500
    assert "operator's log" in response.warning
    written = log.read_bytes()[known:]
    assert written.count(b"Traceback") == 1
    assert b"TypeError" in written
    assert placing.active(edge, key.account_id) == 0
    edge.delete("number", 900_001)
    far = await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)


@pytest.mark.edge_fails
async def test_an_exception_between_two_attempts_ends_the_call_whole(edge, agent):
    """The carrier's row breaks while its INVITE is under way: 500, no count left, a finished record."""
    key, ua, far = edge.key(), await agent(), await agent()
    carrier = edge.carrier(far.address, far.port())
    prefix = edge.route(carrier, edge.carrier(far.address, far.port()))
    call = await placing.dial(edge, ua, key, f"+{prefix}001")
    incoming = await far.next_call()
    edge.store.execute("ALTER TABLE carrier RENAME COLUMN strip TO stripped")
    edge.store.execute("UPDATE carrier SET name = name")  # so that what is remembered of carriers is out of date
    try:
        incoming.refuse(503)
        response = await call.final()
    finally:
        edge.store.execute("ALTER TABLE carrier RENAME COLUMN stripped TO strip")
    assert response.code == 500
    assert "operator's log" in response.warning
    events = await edge.events("finish", called=f"{prefix}001")
    assert (events[-1]["code"], events[-1]["warning"]) == (500, response.warning)
    until(lambda: placing.active(edge, key.account_id) == 0, 30)
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}002")
    await placing.hang_up(call, incoming)


@pytest.fixture
def small_disk(own_edge):
    """An edge whose journal has a disk of 64 kB of its own: (edge, fill, free)."""
    edge = own_edge()
    folder = edge.home.journal_file.parent
    edge.kill("kamailio")
    options = f"size=64k,mode=0755,uid={folder.stat().st_uid},gid={folder.stat().st_gid}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    ballast = folder / "ballast"

    def fill():
        with open(ballast, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 512)
            except OSError:
                return

    try:
        edge.start_engine("kamailio")
        edge.wait_ready()
        yield edge, fill, lambda: ballast.unlink()
    finally:
        edge.kill("kamailio")
        subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk_refuses_calls_and_loses_no_record(small_disk, agent):
    edge, fill, free = small_disk
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    fill()

    # Until its last page is full the file may still take a few lines.
    for n in range(40):
        attempt = await placing.dial(edge, ua, key, f"+{prefix}1{n:02}")
        arrived = asyncio.ensure_future(far.next_call(timeout=1))
        final = asyncio.ensure_future(attempt.final())
        await asyncio.wait([arrived, final], return_when=asyncio.FIRST_COMPLETED)
        if arrived.done():
            arrived.result().refuse(486)
            await final
            continue
        arrived.cancel()
        break
    response = await final
    assert response.code == 503
    assert "records cannot be written" in response.warning
    assert "disk" in response.warning

    # The call that was up ends as ever; its record appears as soon as there is room and any request comes.
    call.audio.play(440)
    await incoming.audio.hear(440)
    await placing.hang_up(call, incoming)
    assert "end" not in [event["event"] for event in edge.call_events(called=f"{prefix}001")]
    free()
    for _ in range(50):  # bursts, so that every worker has something to do
        await asyncio.gather(*(ua.options(edge.uri("ping"), edge.udp) for _ in range(20)))
        if not _unfinished(edge):
            break
    assert not _unfinished(edge)
    events = await edge.events("end", called=f"{prefix}001")
    assert [event["event"] for event in events] == ["setup", "attempt", "answer", "end"]
    until(lambda: placing.active(edge, key.account_id) == 0, 30)

    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}200")
    await placing.hang_up(call, incoming)
    await edge.events("end", called=f"{prefix}200")
    setups = [event["call"] for event in edge.journal(event="setup")]
    assert len(setups) == len(set(setups))
    assert not _unfinished(edge)


def _unfinished(edge) -> set[str]:
    over = {event["call"] for event in edge.journal() if event["event"] in ("end", "finish")}
    return {event["call"] for event in edge.journal(event="setup")} - over


async def test_a_store_that_somebody_locks_is_read_all_the_same(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    edge.store.execute("BEGIN EXCLUSIVE")
    try:
        call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
        await placing.hang_up(call, incoming)
    finally:
        edge.store.execute("ROLLBACK")


async def test_a_store_that_is_deleted_goes_on_serving(own_edge, agent):
    edge = own_edge()
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)
    for path in edge.home.store.parent.glob(f"{edge.home.store.name}*"):
        os.unlink(path)
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}002")
    await placing.hang_up(call, incoming)
