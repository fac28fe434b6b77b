"""Whoever sends a form slowly holds up nobody: Django is asked when all of a request is there, on threads of its own.

The server reads a body by a thread that waits for it, so a dozen clients that send a byte a second would take all the
few threads on which Django may run: few, as each keeps a connection to the database.
"""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

PART = 65_536  # bytes
LINGER = 30.0  # s that go on reading what is still being sent when it has been answered


class WholeForms:
    """A WSGI application (PEP 3333) in front of another one, which runs on so many `threads` and gets bodies of up to
    `largest` bytes whole. What is larger it reads by itself, if it wants it of whoever sends it; if it does not, its
    answer is sent at once, and the rest is read and dropped: a connection that is closed while the client is sending
    is reset, and the client never sees why (RFC 9112, 9.6)."""

    def __init__(self, application: Callable, threads: int, largest: int):
        self._application, self._largest = application, largest
        self._threads = ThreadPoolExecutor(threads)

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        sent, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0"
        unread = length != "0" or "HTTP_TRANSFER_ENCODING" in environ
        if length.isdecimal() and 0 < int(length) <= self._largest:
            body = _read(sent, int(length))
            if len(body) < int(length):  # its sender has gone
                start_response(f"400 {HTTPStatus(400).phrase}", [])
                return []
            environ["wsgi.input"], unread = io.BytesIO(body), False
        environ.pop("wsgi.file_wrapper", None)  # the server's own, for what is given to it unread
        status, headers, content = self._threads.submit(self._run, environ).result()
        start_response(status, headers)
        waits = "HTTP_EXPECT" in environ  # with what it has, until it is asked for it (RFC 9110, 10.1.1)
        return _lingering(content, sent) if unread and not waits else [content]

    def _run(self, environ: dict) -> tuple[str, list, bytes]:
        begun = []
        response = self._application(environ, lambda status, headers, _=None: begun.append((status, headers)))
        try:
            content = b"".join(response)
        finally:
            if close := getattr(response, "close", None):
                close()
        return *begun[-1], content


def _lingering(content: bytes, stream) -> Iterator[bytes]:
    yield content
    until = time.monotonic() + LINGER
    while time.monotonic() < until and stream.read(PART):
        pass


def _read(stream, length: int) -> bytes:
    body = b""
    while len(body) < length and (part := stream.read(length - len(body))):
        body += part
    return body
