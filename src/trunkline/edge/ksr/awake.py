"""Keeps the way open to PBXs behind NAT that are in a call, whether they are registered or not.

Within a call nothing passes over SIP for minutes, and a NAT forgets a way over which nothing passes for half a minute:
the far side's BYE would not arrive, and the PBX would stay in the call.
"""

import KSR

from trunkline.edge.ksr import contacts
from trunkline.edge.ksr.message import get, source, text
from trunkline.sip.uri import in_uri

_TABLE = "awake"  # by Call-ID, ip:port of the caller; kamailio.cfg has how often each gets something
_NOTHING = "\r\n\r\n"  # what SIP takes for a sign of life and no message (RFC 5626 §3.5.1)


def note() -> None:
    """The sender of this request is a PBX, and in its call from now on."""
    if KSR.is_UDP() and contacts.is_behind_nat():
        ip, port, _ = source()
        KSR.htable.sht_sets(_TABLE, text("$ci"), f"{in_uri(ip)}:{port}")


def forget() -> None:
    """The call of the current message is over."""
    KSR.htable.sht_rm(_TABLE, text("$ci"))


def keep() -> None:
    """Send something to each of them: one that has many calls gets it once."""
    places = set()
    if KSR.htable.sht_iterator_start(_TABLE, _TABLE) < 0:
        return
    while KSR.htable.sht_iterator_next(_TABLE) > 0:
        places.add(get(f"$shtitval({_TABLE})"))
    KSR.htable.sht_iterator_end(_TABLE)
    for place in places:
        KSR.corex.send_data(f"sip:{place}", _NOTHING)
