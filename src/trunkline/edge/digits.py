"""DTMF in the bodies of INFO requests, which some PBXs send in place of telephone-events."""

import re

KINDS = ("application/dtmf-relay", "application/dtmf")
SHORTEST, LONGEST = 100, 5000  # ms; what the media relay plays
USUAL = 160  # ms, when the body does not say

MOST = 256  # characters of a body; a digit takes no more
_SIGNAL = re.compile(r"^[ \t]*Signal[ \t]*=[ \t]*(\S{1,8})", re.IGNORECASE | re.MULTILINE)
_DURATION = re.compile(r"^[ \t]*Duration[ \t]*=[ \t]*([0-9]{1,6})", re.IGNORECASE | re.MULTILINE)
_NAMED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}  # RFC 4733 §3.2's event codes


def read(body: str) -> tuple[str, int] | None:
    """The digit and its length in ms; None for what is no digit, e.g. a hook flash."""
    if len(body) > MOST:
        return None
    signal = _SIGNAL.search(body)
    text = (signal[1] if signal else body.strip()).upper()
    digit = _NAMED.get(text, text)
    if len(digit) != 1 or digit not in "0123456789*#ABCD":
        return None
    duration = _DURATION.search(body)
    return digit, min(max(int(duration[1]) if duration else USUAL, SHORTEST), LONGEST)
