"""rtpengine's NG protocol: a cookie, a blank and a bencoded dictionary in a datagram; the answer repeats the cookie."""

import secrets
import socket

from trunkline.node.probes import Silent

SECONDS = 1.0  # to wait for an answer

type Value = str | int | list[Value] | dict[str, Value]


class Relay:
    """One rtpengine, asked from one socket. `ask` raises probes.Silent."""

    def __init__(self, port: int, timeout: float = SECONDS):
        self.port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(timeout)
        self._socket.connect(("127.0.0.1", port))

    def ask(self, command: str, **fields: Value) -> dict[str, Value]:
        """The answer to a command; of the fields `_` is written as `-`."""
        cookie = secrets.token_hex(8).encode()
        values = {"command": command} | {name.replace("_", "-"): value for name, value in fields.items()}
        try:
            self._socket.send(cookie + b" " + encode(values))
            while True:  # an answer that came too late for the question before is not ours
                answered, _, body = self._socket.recv(65535).partition(b" ")
                if answered == cookie:
                    return decode(body)
        except TimeoutError as error:
            raise Silent("it does not answer") from error
        except OSError as error:
            raise Silent(f"it cannot be reached: {error.strerror or error}") from error
        except (ValueError, IndexError, RecursionError) as error:
            raise Silent("its answer makes no sense") from error

    def close(self) -> None:
        self._socket.close()


def encode(value: Value) -> bytes:
    """Bencode."""
    match value:
        case int():
            return b"i%de" % value
        case str():
            text = value.encode()
            return b"%d:%s" % (len(text), text)
        case list():
            return b"l%se" % b"".join(map(encode, value))
        case dict():
            return b"d%se" % b"".join(encode(key) + encode(value[key]) for key in value)
    raise TypeError(f"{value!r} cannot be bencoded")


def decode(data: bytes) -> Value:
    """Raises ValueError or IndexError when it is not bencode."""
    value, end = _decode(data, 0)
    if end != len(data):
        raise ValueError("there is more behind the value")
    return value


def _decode(data: bytes, at: int) -> tuple[Value, int]:
    kind = data[at]
    if kind == ord("i"):
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in b"ld":
        items, at = [], at + 1
        while data[at] != ord("e"):
            item, at = _decode(data, at)
            items.append(item)
        return (items if kind == ord("l") else dict(zip(items[::2], items[1::2], strict=True))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    if end > len(data):
        raise IndexError("the text is cut off")
    return data[colon + 1 : end].decode("utf-8", "replace"), end
