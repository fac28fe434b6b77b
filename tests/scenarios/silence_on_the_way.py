"""A network that swallows what is sent to a connection's end, and says nothing of it."""

import contextlib
import ctypes
import socket
import struct
from pathlib import Path

from harness.edge import Edge
from trunkline.sandbox.transport import Hop
from trunkline.sandbox.ua import Agent

_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # SO_ATTACH_FILTER and SO_DETACH_FILTER of Linux
_KEEPALIVE = "02"  # what the timer of a connection waits for, by /proc/net/tcp
_TICKS = 100  # a second, in which /proc counts


@contextlib.contextmanager
def swallowed(agent: Agent):
    """Nothing comes to the agent's connections, so that all is sent again, as where a network is down."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: keep 0 bytes of each packet
    program = struct.pack("HP", 1, ctypes.addressof(drop))
    ends = [stream._transport.get_extra_info("socket") for stream in agent._sockets._open]
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
    try:
        yield
    finally:
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


def tries(edge: Edge, hop: Hop, agent: Agent) -> int | None:
    """How often the edge's end of an agent's connection has sent the same again; None when there is none."""
    found = _connection(edge, hop, agent)
    return int(found[6], 16) if found else None


def keeps_alive_within(edge: Edge, hop: Hop, agent: Agent) -> float | None:
    """In how many seconds the edge's end of an idle connection sends something; None when it will not."""
    timer, due = _connection(edge, hop, agent)[5].split(":")
    return int(due, 16) / _TICKS if timer == _KEEPALIVE else None


def _connection(edge: Edge, hop: Hop, agent: Agent) -> list[str] | None:
    """Its line in /proc/net/tcp."""
    local, remote = f"{_hex(edge.address)}:{hop.port:04X}", _hex(agent.address)
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == local and fields[2].startswith(remote):
            return fields
    return None


def _hex(address: str) -> str:
    return f"{struct.unpack('<I', socket.inet_aton(address))[0]:08X}"
