"""The Call-ID by which the far side of a call knows it: what Kamailio's topoh makes of the caller's.

Base64 (RFC 4648) in an alphabet that the key has put in order, so that a record can name it without having seen it.
"""

import base64
import hashlib

PREFIX = "t."
_PAD = b"*"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_UNORDERED = _BASE64[:62] + b".-"


class CallIds:
    """`key`: topoh's mask_key."""

    def __init__(self, key: str):
        self._ordered = bytes.maketrans(_BASE64 + b"=", _order(key.encode()) + _PAD)

    def far(self, call_id: str) -> str:
        """What the far side has in the place of the caller's Call-ID."""
        encoded = base64.b64encode(call_id.encode("utf-8", "surrogateescape"))
        return PREFIX + encoded.translate(self._ordered).decode()


def _order(key: bytes) -> bytes:
    """The alphabet, its characters exchanged one after the other with those that the key picks."""
    picks = hashlib.md5(key + key, usedforsecurity=False).digest()
    words = [int.from_bytes(picks[i : i + 4], "little") for i in range(0, 16, 4)]
    alphabet, start = bytearray(_UNORDERED), _crc(key) + len(key)
    for last in range(len(alphabet), 1, -1):
        at = start + last
        picked = (words[at % 4] + key[at % len(key)]) % 2**32 % last
        alphabet[picked], alphabet[last - 1] = alphabet[last - 1], alphabet[picked]
    return bytes(alphabet)


def _crc(data: bytes) -> int:
    """CRC-16/X-25."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF
