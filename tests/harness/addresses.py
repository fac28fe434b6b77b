"""Loopback addresses that no other test run uses.

A run (one process: each pytest-xdist worker is one) holds 127.77.N.0/24 to 127.126.N.0/24 for as long as it listens
on 127.77.N.1:1. The system frees that port when the process ends, however it ends.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

NETWORKS = range(77, 127)
HOSTS = range(2, 255)
SIZE = len(NETWORKS) * len(HOSTS)


class Block:
    """The addresses of one run. `take` goes round, so that none comes again while a test's edge still knows it."""

    def __init__(self, number: int, lock: socket.socket):
        self.number, self._lock = number, lock
        self._next = 0
        self._held: set[str] = set()

    def take(self) -> str:
        """An address that nobody in this run holds. Raises RuntimeError when all are held."""
        for _ in range(SIZE):
            network, host = divmod(self._next, len(HOSTS))
            self._next = (self._next + 1) % SIZE
            address = f"127.{NETWORKS[network]}.{self.number}.{HOSTS[host]}"
            if address not in self._held:
                self._held.add(address)
                return address
        raise RuntimeError(f"all {SIZE} addresses of this run are held")

    def give_back(self, address: str) -> None:
        self._held.discard(address)

    def close(self) -> None:
        self._lock.close()


@contextmanager
def lease() -> Iterator[Block]:
    """A block of this process alone. Raises RuntimeError when all 254 are in use."""
    block = _lease()
    try:
        yield block
    finally:
        block.close()


def _lease() -> Block:
    for offset in range(254):
        number = (os.getpid() + offset) % 254 + 1
        lock = socket.socket()
        try:
            lock.bind((f"127.77.{number}.1", 1))
            lock.listen(1)
        except OSError:
            lock.close()
            continue
        return Block(number, lock)
    raise RuntimeError("all 254 blocks of 127.77.0.0/16 are in use: are there so many test runs?")
