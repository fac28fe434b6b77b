"""How many requests each account and each user makes a minute, counted in memory that all the workers of a node share.

A database would be written for every request that only reads. A counter is 16 bytes at the place of its owner's id, in
a file that is in memory and sparse: those of accounts, by the API, between those of users, in the dashboard.
"""

import os
import struct
import time
from fcntl import LOCK_EX, flock
from functools import cache
from typing import NamedTuple

from django.conf import settings

WINDOW_S = 60
SHARED = "TRUNKLINE_USAGE"  # the environment variable that names the file
_COUNTER = struct.Struct("=QQ")  # which minute since 1970, and the requests in it


class Usage(NamedTuple):
    most: int
    left: int  # -1: this one was too much
    seconds: int  # until there are `most` again

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"account";q={self.most};w={WINDOW_S}',
            "RateLimit": f'"account";r={max(self.left, 0)};t={self.seconds}',
        }


def count(account_id: int) -> Usage:
    """Count a request of an account to the API."""
    return _count(2 * account_id, settings.TRUNKLINE.api.requests_per_minute)


def count_user(user_id: int) -> Usage:
    """Count a request of a user to the dashboard."""
    return _count(2 * user_id + 1, settings.TRUNKLINE.web.requests_per_minute)


def _count(counter: int, most: int) -> Usage:
    now = time.time()
    minute = int(now // WINDOW_S)
    return Usage(most, max(most - _next(counter, minute), -1), WINDOW_S - int(now % WINDOW_S))


def share() -> None:
    """Let the processes that this one starts count together with it, for as long as it lives."""
    os.environ[SHARED] = _memory()


def _next(counter: int, minute: int) -> int:
    """How many there are in this minute, this one included."""
    place = counter * _COUNTER.size
    descriptor = os.open(os.environ.get(SHARED) or _memory(), os.O_RDWR | os.O_CLOEXEC)  # each its own, for the lock
    try:
        flock(descriptor, LOCK_EX)
        kept = os.pread(descriptor, _COUNTER.size, place)
        counted_in, requests = _COUNTER.unpack(kept) if len(kept) == _COUNTER.size else (0, 0)
        requests = requests + 1 if counted_in == minute else 1
        os.pwrite(descriptor, _COUNTER.pack(minute, requests), place)
    finally:
        os.close(descriptor)  # and unlock
    return requests


@cache
def _memory() -> str:
    """The path of a file in memory alone, which ends with this process; others of the same user can open it."""
    return f"/proc/{os.getpid()}/fd/{os.memfd_create('usage')}"
