"""Sends requests to our own edge and repeats each until it is answered (RFC 3261 §17.1.2, over UDP)."""

import errno
import logging
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from trunkline.node.bye import Bye

T1, T2 = 0.5, 4.0  # s
GIVEN_UP = 32.0  # s: timer F
_BRANCH = re.compile(rb"branch=(z9hG4bK[0-9a-f]+)")
_STATUS = re.compile(rb"SIP/2\.0 ([2-6])")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Transaction:
    datagram: bytes
    began: float
    due: float
    pause: float


class Client:
    """One UDP socket, never waited on: `send`, then `repeat` now and then."""

    def __init__(self, address: str, port: int, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((address, port))
        host, own_port = self._socket.getsockname()[:2]
        self._sent_by = f"[{host}]:{own_port}" if ":" in host else f"{host}:{own_port}"
        self._open: dict[bytes, _Transaction] = {}

    def send(self, request: Bye) -> None:
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        datagram = request.text(f"SIP/2.0/UDP {self._sent_by};branch={branch};rport")
        now = self._clock()
        if self._transmit(datagram):
            self._open[branch.encode()] = _Transaction(datagram, now, now + T1, 2 * T1)
        else:
            log.warning("a request of %d octets is too large to send: %s", len(datagram), request.start[:200])

    def repeat(self) -> None:
        """Take what was answered off, and send again what is due."""
        self._receive()
        now = self._clock()
        for branch, transaction in list(self._open.items()):
            if now - transaction.began > GIVEN_UP:
                del self._open[branch]
            elif now >= transaction.due:
                self._transmit(transaction.datagram)
                transaction.due = now + transaction.pause
                transaction.pause = min(2 * transaction.pause, T2)

    @property
    def waiting(self) -> int:
        return len(self._open)

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> None:
        while True:
            try:
                response = self._socket.recv(65535)
            except BlockingIOError:
                return
            except OSError:  # the edge is not there: the ICMP error of something that was sent before
                continue
            branch = _BRANCH.search(response)
            if branch and _STATUS.match(response):
                self._open.pop(branch[1], None)

    def _transmit(self, datagram: bytes) -> bool:
        """False when it can never be sent."""
        try:
            self._socket.send(datagram)
        except OSError as error:  # the same; it is repeated
            return error.errno != errno.EMSGSIZE
        return True
