"""SIP messages: read leniently, written byte for byte as they were put together.

Text is UTF-8 with `surrogateescape`, so that any bytes, also illegal ones, survive a round trip.
"""

import re
from dataclasses import dataclass, field

ENCODING = ("utf-8", "surrogateescape")
MAX_SIZE = 1 << 20  # octets of one message; a stream that goes on longer is not SIP

COMPACT = {  # RFC 3261 §7.3.3 and the registry of header fields
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from",
    "i": "call-id", "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to",
    "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
}  # fmt: skip

_STATUS = re.compile(r"SIP/2\.0[ \t]+([0-9]{3})(?:[ \t]+(.*))?", re.ASCII | re.IGNORECASE)
_REQUEST = re.compile(r"([^ \t]+)[ \t]+(.+?)[ \t]+SIP/2\.0[ \t]*", re.ASCII | re.IGNORECASE)


class ParseError(ValueError):
    """Why some bytes are not a SIP message."""


@dataclass(repr=False)
class Message:
    """Headers keep their order and spelling; names are matched as RFC 3261 §7.3.1 says, compact forms too.

    `Content-Length` is added when the message is written unless the headers hold one, right or wrong.
    """

    headers: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    body: bytes = field(default=b"", kw_only=True)

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    def get(self, name: str) -> str | None:
        """The first header of this name, whole; None when there is none."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """Every header of this name, whole, in order."""
        return [value for key, value in self.headers if canonical(key) == canonical(name)]

    def values(self, name: str) -> list[str]:
        """Every value of a header whose values may stand in one line, separated by commas (Via, Route, …)."""
        return [value for line in self.all(name) for value in split_list(line)]

    def add(self, name: str, value: str) -> None:
        self.headers.append((name, value))

    def set(self, name: str, value: str) -> None:
        """Replace the headers of this name by one, in the place of the first; add it when there is none."""
        place = next((i for i, (key, _) in enumerate(self.headers) if canonical(key) == canonical(name)), None)
        if place is None:
            return self.add(name, value)
        self.remove(name)
        return self.headers.insert(place, (name, value))

    def remove(self, name: str) -> None:
        self.headers = [item for item in self.headers if canonical(item[0]) != canonical(name)]

    @property
    def call_id(self) -> str:
        return self.get("Call-ID") or ""

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method; (0, '') when the header is missing or makes no sense."""
        match = re.fullmatch(r"\s*([0-9]{1,10})\s+(\S+)\s*", self.get("CSeq") or "", re.ASCII)
        return (int(match[1]), match[2]) if match else (0, "")

    @property
    def branch(self) -> str:
        """The branch of the topmost Via; '' when there is none."""
        via = next(iter(self.values("Via")), "")
        match = re.search(r";\s*branch\s*=\s*([^;,\s]+)", via, re.IGNORECASE)
        return match[1] if match else ""

    @property
    def sent_by(self) -> str:
        """Host and port of the topmost Via, as written; '' when there is none."""
        match = re.match(r"\s*SIP\s*/\s*2\.0\s*/\s*\S+\s+([^;\s]+)", next(iter(self.values("Via")), ""), re.IGNORECASE)
        return match[1] if match else ""

    def tag(self, name: str) -> str:
        """The tag of From or To; '' when there is none."""
        return Address.parse(self.get(name) or "").parameters.get("tag", "")

    def __bytes__(self) -> bytes:
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers)]
        if self.get("Content-Length") is None:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode(*ENCODING) + self.body

    def __repr__(self) -> str:
        return f"<{self.start_line}>"

    def __str__(self) -> str:
        return bytes(self).decode("utf-8", "backslashreplace").replace("\r\n", "\n")


@dataclass(repr=False)
class Request(Message):
    method: str
    uri: str

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(repr=False)
class Response(Message):
    code: int
    reason: str

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.code} {self.reason}"

    @property
    def warning(self) -> str:
        """The text of the first Warning (RFC 3261 §20.43) without its code and agent; '' when there is none."""
        match = re.fullmatch(r'\s*[0-9]{3}\s+\S+\s+"(.*)"\s*', next(iter(self.values("Warning")), ""), re.DOTALL)
        return re.sub(r"\\(.)", r"\1", match[1]) if match else ""


@dataclass(frozen=True)
class Address:
    """A name-addr or addr-spec (RFC 3261 §20.10) with the header's parameters, names lower case."""

    display: str
    uri: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read what can be read; never raises."""
        match = re.match(r'\s*("(?:[^"\\]|\\.)*"|[^<"]*?)\s*<([^>]*)>(.*)', text, re.DOTALL)
        if match:
            display, uri, rest = match.groups()
        else:
            uri, _, rest = text.strip().partition(";")  # RFC 3261 §20: without <> the parameters are the header's
            display, rest = "", f";{rest}"
        return cls(display.strip('"'), uri.strip(), parameters(rest))


def parameters(text: str) -> dict[str, str]:
    """`;a=b;c="d"` as {'a': 'b', 'c': 'd'}; a bare name has the value ''."""
    found = re.findall(r';\s*([^;=\s"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;]*))?', text)
    return {name.lower(): value.strip().strip('"') for name, value in found}


def canonical(name: str) -> str:
    lower = name.lower()
    return COMPACT.get(lower, lower)


def split_list(text: str) -> list[str]:
    """Split at the commas that stand outside quotes and angle brackets."""
    parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<]|["<])+', text, re.DOTALL)
    return [part.strip() for part in parts if part.strip()]


def parse(data: bytes) -> Request | Response:
    """A message from a datagram or from `Framer`; raises ParseError and nothing else, whatever the bytes.

    A body longer than Content-Length is cut (RFC 3261 §18.3); a shorter one is refused.
    """
    head, separator, body = _split(data)
    if not separator:
        raise ParseError("no empty line after the headers")
    lines = re.sub(r"\r?\n[ \t]+", " ", head.decode(*ENCODING)).replace("\r\n", "\n").split("\n")
    message = _start(lines[0])
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ParseError(f"not a header: {line[:80]!r}")
        message.add(name.strip(), value.strip())
    length = message.get("Content-Length")
    message.body = body if length is None else body[: _length(length)]
    if length is not None and len(body) < _length(length):
        raise ParseError(f"Content-Length is {length}, the body has {len(body)} octets")
    return message


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    match = re.search(rb"\r?\n\r?\n", data)
    return (data[: match.start()], match.group(), data[match.end() :]) if match else (data, b"", b"")


def _start(line: str) -> Request | Response:
    if match := _STATUS.fullmatch(line):
        return Response(int(match[1]), match[2] or "")
    if match := _REQUEST.fullmatch(line):
        return Request(match[1], match[2])
    raise ParseError(f"neither a request line nor a status line: {line[:80]!r}")


def _length(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise ParseError(f"Content-Length is {text[:20]!r}")
    return int(text)


class Framer:
    """Cuts a stream into messages by Content-Length (RFC 3261 §18.3)."""

    def __init__(self):
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete by now. Raises ParseError when no message can begin here any more."""
        self._buffer += data
        complete = []
        while message := self._next():
            complete.append(message)
        return complete

    def _next(self) -> bytes:
        self._buffer = self._buffer.lstrip(b"\r\n")  # RFC 3261 §7.5, and the keep-alives of RFC 5626 §4.4.1
        head, separator, body = _split(self._buffer)
        if len(self._buffer) > MAX_SIZE:
            raise ParseError(f"a message of more than {MAX_SIZE} octets")
        if not separator:
            return b""
        match = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", head)
        length = _length(match[1].decode(*ENCODING)) if match else 0
        if len(body) < length:
            return b""
        size = len(head) + len(separator) + length
        message, self._buffer = self._buffer[:size], self._buffer[size:]
        return message
