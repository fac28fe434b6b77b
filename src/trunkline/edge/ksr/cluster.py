"""What the nodes of a service tell each other by Kamailio's DMQ, who is registered where, and pass on to each other."""

import json
import time

import KSR

from trunkline.edge.ksr.message import get, latin_1, put

METHOD = "KDMQ"
_UPDATE = 1  # dmq_usrloc's action for a contact that is there, rather than gone
# With a message that is passed on from a PBX: the IP address that it came from. It never leaves the nodes, which pass
# no header that they do not know.
ORIGIN = "Trunkline-Origin"


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


def path(address_of_record: str) -> str:
    """The Path (RFC 3327) of the contact that last registered there; '' when it has none, or there is no contact."""
    if KSR.registrar.reg_fetch_contacts("location", address_of_record, "held") < 0:
        return ""
    now = time.time()
    for index in range(get("$ulc(held=>count)") or 0):
        if get(f"$(ulc(held=>expires)[{index}])") > now:
            return (get(f"$(ulc(held=>path)[{index}])") or "").strip("<>")
    return ""


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
