"""Connections that say nothing: anybody may open as many as it likes."""

import resource
import socket

import pytest

from harness.polling import PATIENCE
from scenarios.parties import talking
from trunkline.node.connections import most

pytestmark = pytest.mark.engines
ADDRESSES, OF_EACH = 6, 250


@pytest.fixture
def open_files():
    """Room for the test's own ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_idle_connections_leave_memory_for_calls(own_edge, agent, open_files):
    edge, strangers = own_edge(), []
    there = (edge.address, edge.settings.sip.port)
    try:
        for here in [agent.address() for _ in range(ADDRESSES)]:
            strangers += [socket.create_connection(there, PATIENCE, (here, 0)) for _ in range(OF_EACH)]
        limits = most(edge.settings.sip.memory_mb)
        assert edge.rpc("core.tcp_info")["opened_connections"] in range(limits.each, limits.all + 1)
        memory = edge.rpc("core.shmmem")
        assert memory["free"] > memory["total"] / 4
        pair = await talking(edge, agent, "out")
        await pair.talk()
        await pair.near.bye()
    finally:
        for stranger in strangers:
            stranger.close()
