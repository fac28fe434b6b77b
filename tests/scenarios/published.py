"""Does every place for media that we name lie inside what `trunkline ranges` prints?"""

import re

from trunkline.contract.endpoints import TO, ranges
from trunkline.control.endpoints import own
from trunkline.sandbox.trace import Trace
from trunkline.settings import Settings

_MEDIA = re.compile(r"^m=\S+ (\d+)(?:/\d+)? .*(?:\r?\n(?!m=).*)*", re.MULTILINE)
_CONNECTION = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
_RTCP = re.compile(r"^a=rtcp:(\d+)(?: IN IP[46] (\S+))?", re.MULTILINE)
HELD = ("0.0.0.0", "::")  # no place at all: "do not send" (RFC 3264 §8.4)


def places(sdp: str) -> set[tuple[str, int]]:
    """The addresses and ports that a description has media, and its reports, sent to."""
    found = set()
    session = _CONNECTION.search(sdp.partition("\nm=")[0])
    for stream in _MEDIA.finditer(sdp):
        port, own = int(stream[1]), _CONNECTION.search(stream[0])
        address = (own or session)[1]
        if port and address not in HELD:
            found.add((address, port))
            found |= {(other or address, int(rtcp)) for rtcp, other in _RTCP.findall(stream[0])}
    return found


def outside(trace: Trace, settings: Settings, *others: Settings) -> list[str]:
    """The descriptions that agents received from a node and that lead somewhere else; each with its message. `others`:
    nodes of the same service."""
    listed = [r for each in (settings, *others) for r in ranges(own.of(each))]
    published = [r for r in listed if (r.purpose, r.direction) == ("media", TO)]
    found = []
    for entry in trace.entries:
        message = None if entry.sent else entry.message
        if message is None or not message.body or not entry.remote.startswith(f"{settings.sip_address}:"):
            continue
        for address, port in places(message.body.decode("utf-8", "replace")):
            if not any(r.address == address and r.port_min <= port <= r.port_max for r in published):
                found.append(f"{address}:{port} in\n{entry}")
    return found
