"""What the nodes of a service tell each other by Kamailio's DMQ, who is registered where, and pass on to each other."""

import json
import re
import time
from typing import NamedTuple

import KSR

from trunkline.edge.ksr.message import get, latin_1, put

METHOD = "KDMQ"
_UPDATE = 1  # dmq_usrloc's action for a contact that is there, rather than gone
# With a message that is passed on from a PBX: the IP address that it came from. It never leaves the nodes, which pass
# no header that they do not know.
ORIGIN = "Trunkline-Origin"
# The host and port of a URI that leads there over UDP
_PLACE = re.compile(
    r"sip:(?:[^@]*@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?(?![^?]*;transport=(?!udp))", re.IGNORECASE | re.ASCII
)


def received_at() -> tuple[str, int]:
    """The address and port of ours that the current message came to."""
    return get("$Ri"), get("$Rp")


def take(own_path: str) -> None:
    """Hand the current request to DMQ, which answers it; but for what others say of flows that are ours.

    A node that comes back gets all registrations from another one, as they were: what has registered here again
    meanwhile, over another connection, would be gone. `own_path`: how the Path of such a contact ends.
    """
    body = latin_1("$rb")
    if own_path in body and _is_update(body):
        KSR.sl.send_reply(200, "OK")
    else:
        KSR.dmq.handle_message()


def _is_update(body: str) -> bool:
    try:
        return json.loads(body).get("action") == _UPDATE
    except (ValueError, AttributeError):
        return False  # DMQ says what is wrong with it


class Contact(NamedTuple):
    """`path` (RFC 3327): of the node that holds its flow, '' for none; `received`: the URI of where it came from."""

    path: str
    uri: str
    received: str

    @property
    def direct(self) -> bool:
        """Whether its PBX names the very address and port that it sends from over UDP: a NAT may let in what comes from
        others, too, or there is none."""
        named, seen = _PLACE.match(self.uri), _PLACE.match(self.received)
        return bool(named and seen) and (named[1], named[2]) == (seen[1], seen[2])


NOBODY = Contact("", "", "")


def registered(address_of_record: str) -> Contact:
    """The contact that last registered there; NOBODY when there is none."""
    if KSR.registrar.reg_fetch_contacts("location", address_of_record, "held") < 0:
        return NOBODY
    now = time.time()
    for index in range(get("$ulc(held=>count)") or 0):
        if get(f"$(ulc(held=>expires)[{index}])") > now:
            path, uri, received = (latin_1(f"$(ulc(held=>{name})[{index}])") for name in ("path", "addr", "received"))
            return Contact(path.strip("<>"), uri, received)
    return NOBODY


def origin() -> str | None:
    """What a neighbour says of where a message came from that it passes on."""
    return get(f"$hdr({ORIGIN})")


def note_origin() -> None:
    """Say so of the current message, in place of what its sender may have written."""
    KSR.hdr.remove(ORIGIN)
    KSR.hdr.append(f"{ORIGIN}: {get('$si')}\r\n")


def send_by(socket: str) -> None:
    """Have the current request leave by this socket of ours, `udp:IP:PORT`.

    The engine itself would take the one that the call's first INVITE left by.
    """
    put("$fs", socket)
