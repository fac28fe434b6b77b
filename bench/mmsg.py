"""sendmmsg(2) and recvmmsg(2): many datagrams in one system call. Python has neither."""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Sequence
from ctypes import POINTER, Structure, addressof, byref, c_int, c_size_t, c_uint, c_void_p, sizeof

ROOM = 512  # bytes for each datagram that comes
BATCH = 512  # datagrams taken at once

_libc = ctypes.CDLL(None, use_errno=True)


class _Part(Structure):
    """struct iovec"""

    _fields_ = [("base", c_void_p), ("length", c_size_t)]


class _Header(Structure):
    """struct msghdr"""

    _fields_ = [
        ("name", c_void_p), ("name_length", c_uint), ("parts", POINTER(_Part)), ("count", c_size_t),
        ("control", c_void_p), ("control_length", c_size_t), ("flags", c_int),
    ]  # fmt: skip


class _Message(Structure):
    """struct mmsghdr"""

    _fields_ = [("header", _Header), ("length", c_uint)]


class Sender:
    """The same datagram, whatever `buffer` holds at the time, to each of `targets` (IPv4 address and port)."""

    def __init__(self, descriptor: int, buffer: ctypes.Array, targets: Sequence[tuple[str, int]]):
        self._descriptor = descriptor
        self._part = _Part(addressof(buffer), len(buffer))
        self._names = [ctypes.create_string_buffer(_sockaddr(*target), 16) for target in targets]
        part = ctypes.pointer(self._part)
        headers = (_Header(addressof(name), 16, part, 1) for name in self._names)
        self._messages = (_Message * len(targets))(*(_Message(header) for header in headers))

    def __len__(self) -> int:
        return len(self._messages)

    def send(self, first: int, last: int) -> None:
        """To the targets from `first` to before `last`. Raises OSError."""
        while first < last:
            start = byref(self._messages, first * sizeof(_Message))
            first += _checked(_libc.sendmmsg(self._descriptor, start, last - first, 0))


class Receiver:
    """Takes what has come, without waiting."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._room = ctypes.create_string_buffer(ROOM * BATCH)
        self._parts = (_Part * BATCH)(*((addressof(self._room) + ROOM * n, ROOM) for n in range(BATCH)))
        each = (ctypes.pointer(self._parts[n]) for n in range(BATCH))
        self._messages = (_Message * BATCH)(*(_Message(_Header(parts=part, count=1)) for part in each))

    def take(self) -> tuple[int, bytes]:
        """How many datagrams, at most BATCH, and the first of them. Raises OSError."""
        count = _libc.recvmmsg(self._descriptor, self._messages, BATCH, socket.MSG_DONTWAIT, None)
        if count < 0 and ctypes.get_errno() == errno.EAGAIN:
            return 0, b""
        return _checked(count), self._room[: self._messages[0].length]


def _checked(count: int) -> int:
    if count < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return count


def _sockaddr(address: str, port: int) -> bytes:
    """struct sockaddr_in"""
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port, socket.inet_aton(address))
