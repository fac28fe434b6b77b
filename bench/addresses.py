"""Loopback addresses for one run: nobody else uses 127.77.N.0/24 while a socket listens on 127.77.N.1:1."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lease() -> Iterator[str]:
    """The first three parts of a block's addresses, "127.77.N". Raises RuntimeError when every block is in use."""
    with socket.socket() as lock:
        for offset in range(254):
            number = (os.getpid() + offset) % 254 + 1
            try:
                lock.bind((f"127.77.{number}.1", 1))
            except OSError:
                continue
            lock.listen(1)
            yield f"127.77.{number}"
            return
    raise RuntimeError("all 254 blocks of 127.77.0.0/16 are in use: is another load test or test run not over?")
