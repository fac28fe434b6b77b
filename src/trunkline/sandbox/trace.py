"""What an agent sent and received, kept to be shown when something went wrong."""

import time
from collections import deque
from typing import NamedTuple

from trunkline.sandbox.message import ParseError, Request, Response, parse

LIMIT = 2000  # messages


class Entry(NamedTuple):
    """One message on the wire. `time` is in s since the trace began; `data` may be anything."""

    time: float
    sent: bool
    transport: str
    local: str
    remote: str
    data: bytes

    @property
    def message(self) -> Request | Response | None:
        """The message, or None when the bytes are not one."""
        try:
            return parse(self.data)
        except ParseError:
            return None

    @property
    def line(self) -> str:
        arrow = "-->" if self.sent else "<--"
        first = self.data.split(b"\r\n", 1)[0].decode("utf-8", "backslashreplace")
        return f"{self.time:8.3f}  {self.local:>21} {arrow} {self.remote:<21} {self.transport}  {first}"

    def __str__(self) -> str:
        text = self.data.decode("utf-8", "backslashreplace").replace("\r\n", "\n").rstrip("\n")
        return "\n".join([self.line, *(f"          | {line}" for line in text.split("\n"))])


class Trace:
    """May be shared by several agents, whose messages are then in one order."""

    def __init__(self, limit: int = LIMIT):
        self.entries: deque[Entry] = deque(maxlen=limit)
        self._start = time.monotonic()

    def add(self, sent: bool, transport: str, local: tuple[str, int], remote: tuple[str, int], data: bytes) -> None:
        places = (f"{host}:{port}" for host, port in (local, remote))
        self.entries.append(Entry(time.monotonic() - self._start, sent, transport, *places, data))

    def received(self) -> list[Request | Response]:
        """Every message that came in, in order."""
        return [entry.message for entry in self.entries if not entry.sent and entry.message]

    def sent(self) -> list[Request | Response]:
        """Every message that went out, in order."""
        return [entry.message for entry in self.entries if entry.sent and entry.message]

    def ladder(self, lines: int = LIMIT, whole: int = LIMIT) -> str:
        """One line for each message, then each in full; of more than so many, the newest."""
        entries = list(self.entries)
        return "\n".join([*(e.line for e in entries[-lines:]), "", *(str(e) for e in entries[-whole:])])
