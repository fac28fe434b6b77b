"""Multipart bodies (RFC 2046 §5.1), in which some networks send a description beside signalling of their own."""

import re

# RFC 2046 §5.1.1: a boundary has at most 70 characters
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_DESCRIBES = re.compile(r"^content-type[ \t]*:\s*application/sdp\s*(?:;|$)", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(r"\r?\n\r?\n")


def description(content_type: str, body: str) -> str:
    """The first part that is a session description, without its headers; '' for none. Parts of parts are not read."""
    written = _BOUNDARY.search(content_type)
    if not written:
        return ""
    boundary = re.escape(written[1] or written[2])
    # What is in front of the first delimiter, then of each delimiter: whether it is the last one, and what follows it.
    _, *pieces = re.split(rf"(?:\A|\r?\n)--{boundary}(--)?[ \t]*(?=\r?\n|\Z)", body)
    for is_last, part in zip(pieces[::2], pieces[1::2], strict=True):
        if is_last:
            break
        head, *content = _BLANK_LINE.split(part, maxsplit=1)
        if content and _DESCRIBES.search(head):
            return content[0]
    return ""
