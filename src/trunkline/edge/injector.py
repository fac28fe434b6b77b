"""Asks the media relays to put a digit into a call: by their NG protocol, since Kamailio has no function for Python."""

import contextlib
import itertools
import os
import socket


class Injector:
    """One per worker. Nothing waits for an answer: relays that do not know the call say so to nobody."""

    def __init__(self, ports: tuple[int, ...]):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._ports = ports
        self._cookies = itertools.count()

    def play(self, call_id: str, tag: str, digit: str, milliseconds: int) -> None:
        """Have the party with this tag dial a digit."""
        facts = {"call-id": call_id, "code": digit, "command": "play DTMF", "duration": milliseconds,
                 "from-tag": tag, "pause": 100}  # fmt: skip
        body = b"".join(_text(name) + _value(value) for name, value in facts.items())
        request = f"{os.getpid()}_{next(self._cookies)} d".encode() + body + b"e"
        for port in self._ports:
            with contextlib.suppress(OSError):  # a relay that is down has no audio to put it into either
                self._socket.sendto(request, ("127.0.0.1", port))


def _value(value: str | int) -> bytes:
    return f"i{value}e".encode() if isinstance(value, int) else _text(value)


def _text(text: str) -> bytes:
    data = text.encode()
    return str(len(data)).encode() + b":" + data
