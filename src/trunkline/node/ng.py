"""rtpengine's NG protocol: a cookie, a blank and a dictionary in a datagram; the answer repeats the cookie.

As JSON, which rtpengine takes beside bencode: Python reads the figures of a call in 15 us instead of 150.
"""

import json
import secrets
import socket

from trunkline.node.probes import Silent

SECONDS = 1.0  # to wait for an answer


class Gone(Silent):
    """There is no such process: what it knew is lost, if nothing else keeps it."""


class Relay:
    """One rtpengine, asked from one socket. `ask` raises probes.Silent."""

    def __init__(self, port: int, timeout: float = SECONDS):
        self.port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(timeout)
        self._socket.connect(("127.0.0.1", port))

    def ask(self, command: str, **fields: str | int) -> dict:
        """The answer to a command; of the fields `_` is written as `-`."""
        cookie = secrets.token_hex(8).encode()
        values = {"command": command} | {name.replace("_", "-"): value for name, value in fields.items()}
        try:
            self._socket.send(cookie + b" " + json.dumps(values).encode())
            while True:  # an answer that came too late for the question before is not ours
                answered, _, body = self._socket.recv(65535).partition(b" ")
                if answered == cookie:
                    return _dictionary(body)
        except TimeoutError as error:
            raise Silent("it does not answer") from error
        except ConnectionRefusedError as error:
            raise Gone("nothing listens there") from error
        except OSError as error:
            raise Silent(f"it cannot be reached: {error.strerror or error}") from error

    def close(self) -> None:
        self._socket.close()


def _dictionary(body: bytes) -> dict:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Silent("its answer makes no sense") from error
    if not isinstance(answer, dict):
        raise Silent("its answer is no dictionary")
    return answer
