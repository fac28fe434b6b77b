"""How Kamailio's topoh hides what one side may not see of the other, so that we can write and read it too.

It is Base64 (RFC 4648) in an alphabet that topoh's `mask_key` has put in order.
"""

import base64
import hashlib

CALL_ID_PREFIX = "t."
_PAD = b"*"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_UNORDERED = _BASE64[:62] + b".-"


class Mask:
    """Of one `mask_key`. `alphabet` is its 64 characters, in order."""

    def __init__(self, key: str):
        ordered = _order(key.encode())
        self.alphabet = ordered.decode()
        self._written = bytes.maketrans(_BASE64 + b"=", ordered + _PAD)

    def hide(self, text: str) -> str:
        """A text as it is when it is hidden."""
        return base64.b64encode(text.encode("utf-8", "surrogateescape")).translate(self._written).decode()

    def call_id(self, call_id: str) -> str:
        """What the far side of a call has in the place of the caller's Call-ID."""
        return CALL_ID_PREFIX + self.hide(call_id)


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
