"""Two nodes ask the PBXs of an account how far they are; one of them is farther away from each than the other."""

import asyncio
import contextlib
import json
import socket
import threading
import time

import pytest

from control.databases import postgresql_server
from harness.node import Node, eventually
from harness.polling import until

pytestmark = pytest.mark.long

FAR_MS = 80.0


class SlowPbx:
    """Answers every request over UDP, those from one address late, as one that is far away; and counts them."""

    def __init__(self, address: str, far: str, status: str):
        self._far, self._status, self.asked = far, status, []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 5060))
        self._socket.settimeout(0.05)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                request, sender = self._socket.recvfrom(65535)
                self.asked.append(sender[0])
                time.sleep(FAR_MS / 1000 if sender[0] == self._far else 0)
                rest = request.decode().partition("\r\n")[2]
                self._socket.sendto(f"SIP/2.0 {self._status}\r\n{rest}".encode(), sender)


@pytest.fixture(scope="module")
def pair(addresses):
    """`(first, second)`, which measure; each is an endpoint of its own name."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgresql_server())
        url, nodes = server.fresh(), []
        for name in ("first", "second"):
            nodes.append(Node(addresses, node={"name": name, "measure": True}, database={"url": url}))
            stack.callback(nodes[-1].discard)
            nodes[-1].up()
            nodes[-1].do("endpoint", "add", name, nodes[-1].address)
        nodes[0].do("account", "add", "acme")
        yield nodes


@pytest.fixture
def taken(addresses):
    held = [addresses.take() for _ in range(3)]
    yield held
    for address in held:
        addresses.give_back(address)


def order(node, *options):
    return [(one["endpoint"], one["round_trip_ms"]) for one in node.ask("endpoint", "nearest", *options)]


def test_the_endpoint_with_the_shortest_way_to_the_pbx_is_first(pair, taken):
    first, second = pair
    near, silent, refusing = taken
    pbx = SlowPbx(near, first.address, "404 Not Found")
    try:
        targets = f"sip:a@{near},sip:a@{silent},sip:a@{refusing};transport=tcp"
        first.do("number", "add", "+447700900001", "--account", "acme", "--forward", targets)

        def measured():
            found = order(first, "--account", "acme")
            return found if all(ms is not None for _, ms in found) else None

        [(nearest, ms), (farthest, far_ms)] = until(measured, what="both nodes have measured")
    finally:
        pbx.close()
    assert (nearest, farthest) == ("second", "first")
    assert ms < FAR_MS <= far_ms
    assert sorted(pbx.asked) == sorted([first.address, second.address] * 3), "three questions of each, and no more"
    said = first.ask("endpoint", "nearest", "--account", "acme")[0]
    assert (said["address"], said["use"]) == (near, "balanced")
    assert order(first, "--account", "acme", "--pbx", near) == [(nearest, ms), (farthest, far_ms)]
    for address in (silent, refusing):
        ran = first.run("endpoint", "nearest", "--account", "acme", "--pbx", address)
        assert f"no node has measured {address}" in ran.stderr + ran.stdout, "silence and refusal are no distance"
    until(lambda: all(asked(node) >= 3 for node in pair), what="the others were asked too")


async def test_a_pbx_that_registers_is_measured_where_its_register_came_from(pair, agent):
    first, _ = pair
    pbx = await agent()
    await asyncio.to_thread(first.do, "account", "add", "roaming")
    made = await asyncio.to_thread(first.ask, "key", "add", "roaming")
    await asyncio.to_thread(first.caught_up)
    response = await pbx.register(first.uri(), made["key"], made["secret"], first.udp)
    assert response.code == 200

    def measured():
        found = first.ask("endpoint", "nearest", "--account", "roaming")[0]
        return found if found["round_trip_ms"] is not None else None

    found = await eventually(measured, what="the first node has measured")
    assert (found["endpoint"], found["address"]) == ("first", pbx.address)


def asked(node) -> int:
    return json.loads(node.home.status("measure").read_text())["asked"]
