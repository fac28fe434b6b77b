"""How many connections Kamailio may hold: whoever opens them and says nothing must leave shared memory for calls."""

from typing import NamedTuple

READ_BUFFER = 32_768  # bytes, of each from its beginning; a longer message is not read
PLAIN, TLS = 34_000, 120_000  # bytes of shared memory that a connection takes (measured)
OF_ONE_ADDRESS = 4  # one address may have a quarter of all; a farm of PBXs behind a NAT has many


class Connections(NamedTuple):
    """The most that there may be: of TCP and TLS together, of TLS, and from one address."""

    all: int
    tls: int
    each: int


def most(memory_mb: int) -> Connections:
    """Half of the memory is for TLS at most and a quarter for TCP, so that a quarter remains. `memory_mb` is MiB."""
    memory = memory_mb * 2**20
    tls = memory // 2 // TLS
    total = tls + memory // 4 // PLAIN
    return Connections(total, tls, total // OF_ONE_ADDRESS)
