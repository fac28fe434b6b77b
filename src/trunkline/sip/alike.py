"""Descriptions that differ only in what is another in every call: the session's id and version, and the port.

A PBX or carrier writes the same of itself each time, so what one of its descriptions comes to is remembered for those
alike: reading one takes longer than all else that Python does with a response (measured).
"""

import re

LONGEST = 2048  # characters; a longer text is not worth the memory
_SESSION, _PORT = "1 1", "9"  # what stands in their places
_PARTS = re.compile(r"(v=0\r\no=\S+ )([0-9]{1,19} [0-9]{1,19})( IN .*?\nm=audio )([1-9][0-9]{0,4})( .*)", re.DOTALL)


def split(text: str) -> tuple[str, str, str] | None:
    """What is common to all that are alike, the session's id and version, and the port; None when there may be several
    streams, or keys, which are never the same, or what a reader must judge itself."""
    if len(text) > LONGEST or text.count("m=") != 1 or "crypto" in text:
        return None
    match = _PARTS.fullmatch(text)
    if not match or int(match[4]) > 65535:
        return None
    return f"{match[1]}{_SESSION}{match[3]}{_PORT}{match[5]}", match[2], match[4]


def join(written: str, session: str, port: str) -> str:
    """What sdp.Description wrote of the common text, with a call's own session and port."""
    return written.replace(f"o=- {_SESSION} ", f"o=- {session} ", 1).replace(f"m=audio {_PORT} ", f"m=audio {port} ", 1)
