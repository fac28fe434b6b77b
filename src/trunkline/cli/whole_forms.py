"""Whoever sends a form slowly holds up nobody: Django is asked when all of a request is there, on threads of its own.

The server reads a body by a thread that waits for it, so a dozen clients that send a byte a second would take all the
few threads on which Django may run: few, as each keeps a connection to the database.
"""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus

from trunkline.contract.bans import sender

PART = 65_536  # bytes
LINGER = 30.0  # s that go on reading what is still being sent when it has been answered


class WholeForms:
    """A WSGI application (PEP 3333) in front of another one, which runs on so many `threads` and gets bodies of up to
    `largest` bytes whole. What is larger it reads by itself, if it wants it of whoever sends it; if it does not, its
    answer is sent at once, and the rest is read and dropped: a connection that is closed while the client is sending
    is reset, and the client never sees why (RFC 9112, 9.6)."""

    def __init__(self, application: Callable, threads: int, largest: int, senders: "Senders"):
        self._application, self._largest, self._senders = application, largest, senders
        self._threads = ThreadPoolExecutor(threads)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        sent, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0"
        address = environ["REMOTE_ADDR"] = _plain(environ.get("REMOTE_ADDR", ""))
        unread = length != "0" or "HTTP_TRANSFER_ENCODING" in environ
        if length.isdecimal() and 0 < int(length) <= self._largest:
            with self._senders.one_more(address) as may:
                body = _read(sent, int(length)) if may else b""
            if len(body) < int(length):  # its sender has gone, or has too many of them on the way
                status = HTTPStatus.BAD_REQUEST if may else HTTPStatus.TOO_MANY_REQUESTS
                start_response(f"{status.value} {status.phrase}", [])
                return []
            environ["wsgi.input"], unread = io.BytesIO(body), False
        environ.pop("wsgi.file_wrapper", None)  # the server's own, for what is given to it unread
        status, headers, content = self._threads.submit(self._run, environ).result()
        start_response(status, headers)
        waits = "HTTP_EXPECT" in environ  # with what it has, until it is asked for it (RFC 9110, 10.1.1)
        return self._lingering(content, sent, address) if unread and not waits else [content]

    def _lingering(self, content: bytes, stream, address: str) -> Iterator[bytes]:
        yield content
        until = time.monotonic() + LINGER
        with self._senders.one_more(address) as may:
            while may and time.monotonic() < until and stream.read(PART):
                pass

    def _run(self, environ: dict) -> tuple[str, list, bytes]:
        begun = []
        response = self._application(environ, lambda status, headers, _=None: begun.append((status, headers)))
        try:
            content = b"".join(response)
        finally:
            if close := getattr(response, "close", None):
                close()
        return *begun[-1], content


class Senders:
    """Who is sending a body, which takes a thread of the server as long as its sender likes: so many for `each` address
    (IPv6: /64), and any number for the addresses of `trusted`, which stand for many."""

    def __init__(self, each: int, trusted: Collection[str] = ()):
        self._each, self._trusted = each, trusted
        self._sending, self._lock = Counter(), threading.Lock()

    @contextmanager
    def one_more(self, address: str) -> Iterator[bool]:
        """Whether this address may send one more, until the end of the block."""
        whose = sender(address)
        with self._lock:
            may = self._sending[whose] < self._each or address in self._trusted
            self._sending[whose] += 1
        try:
            yield may
        finally:
            with self._lock:
                self._sending[whose] -= 1
                if not self._sending[whose]:
                    del self._sending[whose]


def _plain(address: str) -> str:
    """As it is in settings: whoever comes by IPv4 to a socket of IPv6 has an address of both (RFC 4291 §2.5.5.2)."""
    return address.removeprefix("::ffff:") if "." in address else address


def _read(stream, length: int) -> bytes:
    body = b""
    while len(body) < length and (part := stream.read(length - len(body))):
        body += part
    return body
