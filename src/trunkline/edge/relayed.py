"""What the media relay wrote, as it goes on: our audio stream in its place among those that are refused."""

import re

from trunkline.edge.answers import Answer
from trunkline.edge.offers import Offer
from trunkline.sip.codecs import EVENT

_REFUSED = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
# What the relay makes of an answer in a codec that was not offered, with telephone-event beside it (measured).
_NO_FORMATS = re.compile(r"m=audio \d+ \S+ \r\n")


def offer(text: str, made: Offer) -> str:
    """The relay's SDP as the far side gets it: with what the relay has dropped though it can be carried end to end."""
    if made.order:
        text = _restored(text, made)
    return in_place(text, made.streams)


def answer(text: str, made: Answer, offered: Offer | None) -> str:
    """The relay's SDP as the offerer gets it."""
    streams = (offered.streams if offered else ()) or made.streams
    if _NO_FORMATS.search(text):
        return refused(streams)
    if offered and offered.slow_events:
        text = text.replace(f" {EVENT}/16000", f" {EVENT}/8000")
    return in_place(text, streams)


def refused(streams: tuple[str, ...]) -> str:
    """A description whose audio is refused too."""
    return in_place(f"{_REFUSED}m=audio 0 RTP/AVP 8\r\n", streams)


def in_place(text: str, streams: tuple[str, ...]) -> str:
    """A description of our audio with the refused streams around it; all refused when none of them is ours."""
    if not streams:
        return text
    session, _, audio = text.partition("m=audio")
    placed = (f"{stream}\r\n" if stream else f"m=audio{audio}" for stream in streams)
    return session + "".join(placed)


def _restored(text: str, made: Offer) -> str:
    """With the offerer's codecs in its order, those too that the relay has left out."""
    head, _, tail = text.partition("m=audio ")
    line, end, rest = tail.partition("\r\n")
    port, profile, *numbers = line.split()
    lost = [p for p in made.payloads if p.number in made.order and p.number not in numbers]
    numbers = [*made.order, *(number for number in numbers if number not in made.order)]
    lines = "".join(f"{line}\r\n" for payload in lost for line in payload.lines())
    return f"{head}m=audio {port} {profile} {' '.join(numbers)}{end}{lines}{rest}"
