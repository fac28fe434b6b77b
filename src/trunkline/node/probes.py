"""Questions to the engines (Kamailio's JSON-RPC, a SIP OPTIONS, rtpengine's NG ping) and to the dashboard.

Each raises Silent.
"""

import http.client
import json
import secrets
import socket
import ssl
import time
from pathlib import Path

SECONDS = 2.0  # to wait for an answer
LONGEST = 1 << 18  # bytes of an answer; Linux lets Kamailio send less in a datagram


class Silent(Exception):
    """No answer, or one that makes no sense; the text says which."""


class Unheard(Silent):
    """No answer at all."""


class Refused(Silent):
    """Kamailio's RPC answered with an error, of this code."""

    def __init__(self, text: str, code: int = 0):
        super().__init__(text)
        self.code = code


class NoWay(Silent):
    """This machine has no way there, so it cannot tell who is."""


def kamailio_rpc(path: Path, method: str, *parameters: object, timeout: float = SECONDS) -> object:
    """The result of one of Kamailio's RPC methods, e.g. `core.uptime`. `path` is its Unix datagram socket."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        # Kamailio answers to the address that the question came from. The kernel gives one that is in no folder, as a
        # full disk takes no file for it.
        client.bind("")
        reply = _exchange(client, json.dumps(request).encode(), str(path))
    try:
        answer = json.loads(reply)
    except ValueError as error:
        raise Silent(f"{method} was answered with something that is not JSON") from error
    if "result" not in answer:
        error = answer.get("error", {})
        raise Refused(f"{method} was refused: {error or answer}", error.get("code", 0))
    return answer["result"]


def sip_options(address: str, port: int, timeout: float = SECONDS) -> int:
    """The status code that OPTIONS over UDP gets; it is repeated once, as one datagram may be lost."""
    try:
        return sip_round_trip(address, port, timeout / 2)[0]
    except Unheard:
        return sip_round_trip(address, port, timeout / 2)[0]


def sip_round_trip(address: str, port: int, timeout: float = SECONDS) -> tuple[int, float]:
    """The status code that one OPTIONS over UDP gets, and after how many seconds."""
    with _udp(address) as client:
        client.settimeout(timeout)
        try:
            client.connect((address, port))
        except OSError as error:
            raise NoWay(f"there is no way to {address}: {error.strerror}") from error
        here, its_port = client.getsockname()[:2]
        host, target = (f"[{ip}]" if ":" in ip else ip for ip in (here, address))
        tag = secrets.token_hex(8)
        request = (
            f"OPTIONS sip:{target}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{its_port};branch=z9hG4bK{tag};rport\r\n"
            f"From: <sip:health@{host}>;tag={tag}\r\nTo: <sip:{target}>\r\n"
            f"Call-ID: {tag}@health\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        began = time.monotonic()
        reply = _exchange(client, request)
        took = time.monotonic() - began
    version, _, rest = reply.decode("utf-8", "replace").partition(" ")
    if version != "SIP/2.0" or not rest[:3].isdigit():
        raise Silent("the answer is not SIP")
    return int(rest[:3]), took


def rtpengine_ping(port: int, timeout: float = SECONDS) -> None:
    """NG `ping` to 127.0.0.1: a cookie, a blank and a bencoded dictionary; the answer repeats the cookie."""
    cookie = secrets.token_hex(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        client.connect(("127.0.0.1", port))
        reply = _exchange(client, f"{cookie} d7:command4:pinge".encode())
    if reply != f"{cookie} d6:result4:ponge".encode():
        raise Silent(f"ping was answered with {reply[:80]!r}")


def web(address: str, port: int, tls: bool, timeout: float = SECONDS) -> None:
    """Ask the dashboard whether it is there. Who it is does not matter here, so no certificate is verified."""
    context = ssl._create_unverified_context() if tls else None
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    connection = kind(address, port, timeout=timeout, **({"context": context} if tls else {}))
    try:
        connection.request("GET", "/alive")
        status = connection.getresponse().status
    except TimeoutError as error:
        raise Silent("it does not answer") from error
    except (OSError, http.client.HTTPException) as error:
        raise Silent(f"it cannot be reached: {error}") from error
    finally:
        connection.close()
    if status != 200:
        raise Silent(f"it answers {status}")


def _exchange(client: socket.socket, request: bytes, *address: str) -> bytes:
    try:
        if address:
            client.connect(address[0])  # and from then on it takes nobody else's datagrams
        client.send(request)
        return client.recv(LONGEST)
    except TimeoutError as error:
        raise Unheard("it does not answer") from error
    except OSError as error:
        raise Unheard(f"it cannot be reached: {error.strerror or error}") from error


def _udp(address: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
