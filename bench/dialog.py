"""One call through a system, both of its ends played here, each from one socket."""

import re
import secrets
import socket
import struct
import time
from dataclasses import dataclass

from bench.systems import KEY, SECRET
from trunkline.sandbox import digest

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
SECONDS = 5.0  # to wait for a message


class DialogError(Exception):
    """A call did not go as it should; the text says where it ended."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Of an answered call: INVITE in to INVITE out, ms, and the SDP that the callee and the caller have received."""

    ms: float
    offered: str
    answered: str


def open_socket(address: str, port: int = 0) -> socket.socket:
    """For one end of calls; the system chooses the port unless one is given."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(SECONDS)
    opened.bind((address, port))
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return opened


class Call:
    """`near` is connected to the system, `far` is where it sends the number; `offer` and `answer` are their SDP.

    Both methods raise DialogError, and TimeoutError when a message does not come.
    """

    def __init__(self, near: socket.socket, far: socket.socket, number: str, offer: str, answer: str):
        self._near, self._far, self._offer, self._sdp_answer = near, far, offer, answer
        self._here, self._port = near.getsockname()
        self._uri = f"sip:{number}@{near.getpeername()[0]}"
        self._id = secrets.token_hex(8)

    def begin(self) -> Begun:
        """Up to the ACK."""
        self._send("INVITE", self._uri, 1, branch="a", body=self._offer)
        challenge = self._near_final()
        if _code(challenge) != 407:
            raise DialogError(f"the INVITE without credentials got {challenge.splitlines()[0]!r}")
        self._send("ACK", self._uri, 1, branch="a", to=_header(challenge, "To"))
        offered = digest.choose(re.findall(r"^Proxy-Authenticate: (.*)$", challenge.replace("\r", ""), re.MULTILINE))
        credentials = digest.answer(offered, "INVITE", self._uri, KEY, SECRET)
        text = self._text("INVITE", self._uri, 2, "b", "", f"Proxy-Authorization: {credentials}\r\n", self._offer)
        sent = time.time_ns()
        self._near.send(text)
        arrived, request, hop = self._arrival("INVITE")
        self._answer(request, hop, self._sdp_answer)
        answer = self._near_final()
        if _code(answer) != 200:
            raise DialogError(f"the INVITE got {answer.splitlines()[0]!r}")
        self._dialog = {
            "uri": re.search(r"<(.*?)>", _header(answer, "Contact"))[1],
            "extra": "".join(f"Route: {value}\r\n" for value in reversed(_headers(answer, "Record-Route"))),
            "to": _header(answer, "To"),
        }
        self._send("ACK", cseq=2, branch="c", **self._dialog)
        self._arrival("ACK")
        return Begun((arrived - sent) / 1e6, _body(request), _body(answer))

    def end(self) -> None:
        self._send("BYE", cseq=3, branch="d", **self._dialog)
        _, bye, hop = self._arrival("BYE")
        self._answer(bye, hop, "")
        self._near_final()

    def _send(self, method, uri, cseq, *, branch, to="", extra="", body="") -> None:
        self._near.send(self._text(method, uri, cseq, branch, to, extra, body))

    def _text(self, method, uri, cseq, branch, to, extra, body) -> bytes:
        content = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._here}:{self._port};branch=z9hG4bK{self._id}{branch}\r\n"
            f"From: <sip:+447700900111@{self._here}>;tag={self._id}\r\nTo: {to or f'<{self._uri}>'}\r\n"
            f"Call-ID: {self._id}@{self._here}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:pbx@{self._here}:{self._port}>\r\nUser-Agent: bench\r\n"
            f"{extra}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def _near_final(self) -> str:
        """The next final response to the caller."""
        while True:
            text = self._near.recv(65536).decode()
            if _code(text) >= 200:
                return text

    def _arrival(self, method: str) -> tuple[int, str, tuple]:
        """When the next such request arrived at the callee (Unix time, ns), the request, and who sent it."""
        while True:
            data, ancillary, _, hop = self._far.recvmsg(65536, 128)
            text = data.decode()
            if not text.startswith(method + " "):
                continue
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", value[:16])
                    return seconds * 1_000_000_000 + nanoseconds, text, hop
            raise DialogError("this kernel does not time-stamp what arrives")

    def _answer(self, request: str, hop: tuple, body: str) -> None:
        copied = "".join(f"{n}: {v}\r\n" for n in ("Via", "Record-Route", "From") for v in _headers(request, n))
        to = _header(request, "To")
        to += "" if "tag=" in to else ";tag=far"
        content = "Content-Type: application/sdp\r\n" if body else ""
        here = self._far.getsockname()
        self._far.sendto(
            f"SIP/2.0 200 OK\r\n{copied}To: {to}\r\nCall-ID: {_header(request, 'Call-ID')}\r\n"
            f"CSeq: {_header(request, 'CSeq')}\r\nContact: <sip:callee@{here[0]}:{here[1]}>\r\n"
            f"{content}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
            hop,
        )


def _code(response: str) -> int:
    return int(response[8:11])


def _body(text: str) -> str:
    return text.partition("\r\n\r\n")[2]


def _header(text: str, name: str) -> str:
    return _headers(text, name)[0]


def _headers(text: str, name: str) -> list[str]:
    """The values of a header field in the head of a message, one for each line."""
    return re.findall(rf"^{name}: *(.*?)\r?$", text.partition("\r\n\r\n")[0], re.MULTILINE | re.IGNORECASE)
