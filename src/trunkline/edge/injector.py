"""Asks the media relays to put a digit into a call: by their NG protocol, since Kamailio has no function for Python."""

import contextlib
import itertools
import os
import socket
import time
from typing import Literal

# early: the party has sent no audio yet that the digit could go among. lost: no relay has the call, or none answers.
type Fate = Literal["played", "early", "lost"]

SECONDS = 0.1  # to wait for answers, which take some 0.1 ms


class Injector:
    """One per worker."""

    def __init__(self, ports: tuple[int, ...]):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ports = ports
        self._cookies = itertools.count()

    def play(self, call_id: str, tag: str, digit: str, milliseconds: int) -> Fate:
        """Have the party with this tag dial a digit."""
        facts = {"call-id": call_id, "code": digit, "command": "play DTMF", "duration": milliseconds,
                 "from-tag": tag, "pause": 100}  # fmt: skip
        body = b"".join(_text(name) + _value(value) for name, value in facts.items())
        cookie = f"{os.getpid()}_{next(self._cookies)} ".encode()
        for port in self._ports:
            with contextlib.suppress(OSError):  # a relay that is down has no audio to put it into either
                self._socket.sendto(cookie + b"d" + body + b"e", ("127.0.0.1", port))
        return self._fate(cookie)

    def _fate(self, cookie: bytes) -> Fate:
        """What the relays say; one that does not know the call has no say."""
        deadline, unheard = time.monotonic() + SECONDS, len(self._ports)
        while unheard and (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                answer = self._socket.recv(65535)
            except TimeoutError:
                break
            if not answer.startswith(cookie):  # it came too late for the digit before
                continue
            if b"6:result2:ok" in answer:
                return "played"
            if b"Unknown call" not in answer:
                return "early"
            unheard -= 1
        return "lost"


def _value(value: str | int) -> bytes:
    return f"i{value}e".encode() if isinstance(value, int) else _text(value)


def _text(text: str) -> bytes:
    data = text.encode()
    return str(len(data)).encode() + b":" + data
