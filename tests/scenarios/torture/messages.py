"""The IETF's own torture messages, RFC 4475 and RFC 5118: one file of the folder `messages` for each, in the notation
of RFC 4475 §2.1 (`allOneLine`, `hex`, `repeat`). A line that begins with '#' says what it is.

What is changed of them, when they are sent: each has a Call-ID of its own, or it would be a copy of the one before; and
where a message is to reach somebody, its Request-URI has the number of that one.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "messages"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sip"))

_ONE_LINE = re.compile(rb"<allOneLine>\n(.*?)\n</allOneLine>", re.DOTALL)
_REPEAT = re.compile(rb"<repeat count=(\d+)>(.*?)</repeat>")
_HEX = re.compile(rb"<hex>([0-9A-F\n]*)</hex>")
_CALL_ID = re.compile(rb"^(call-id|i)([ \t]*:[ \t]*)", re.IGNORECASE | re.MULTILINE)
_USER = re.compile(rb"\A(\S+ +<?sips?:)[^@>\s]*@", re.ASCII)


def written(name: str, token: str, number: str = "") -> bytes:
    """A message as it travels, its Call-ID begun with `token`; `number`: the user part of its Request-URI, if it is
    not the RFC's."""
    lines = (FOLDER / f"{name}.sip").read_bytes().split(b"\n")
    text = b"\n".join(line for line in lines if not line.startswith(b"#"))
    text = _ONE_LINE.sub(lambda found: found[1].replace(b"\n", b""), text)
    text = _REPEAT.sub(lambda found: found[2] * int(found[1]), text)
    text = _CALL_ID.sub(rb"\g<0>" + token.encode() + b".", text).replace(b"\n", b"\r\n")
    text = _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), text)
    return _USER.sub(rb"\g<1>" + number.encode() + b"@", text) if number else text
