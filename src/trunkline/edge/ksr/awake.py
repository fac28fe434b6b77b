"""Keeps the way open to PBXs behind NAT that are in a call, whether they are registered or not.

Within a call nothing passes over SIP for minutes, and a NAT forgets a way over which nothing passes for half a minute:
the far side's BYE would not arrive, and the PBX would stay in the call.

The table has ip:port of the caller by Call-ID; `kamailio.cfg` has how often each gets something. A call whose end we
never see is taken out by `node/cancel.py`.
"""

import KSR

from trunkline.contract.endings import AWAKE
from trunkline.edge.ksr import contacts
from trunkline.edge.ksr.message import get, source, text
from trunkline.sip.uri import in_uri

_NOTHING = "\r\n\r\n"  # what SIP takes for a sign of life and no message (RFC 5626 §3.5.1)


def note() -> None:
    """The sender of this request is a PBX, and in its call from now on."""
    if KSR.is_UDP() and contacts.is_behind_nat():
        ip, port, _ = source()
        KSR.htable.sht_sets(AWAKE, text("$ci"), f"{in_uri(ip)}:{port}")


def forget() -> None:
    """The call of the current message is over."""
    KSR.htable.sht_rm(AWAKE, text("$ci"))


def keep() -> None:
    """Send something to each of them: one that has many calls gets it once."""
    places = set()
    if KSR.htable.sht_iterator_start(AWAKE, AWAKE) < 0:
        return
    while KSR.htable.sht_iterator_next(AWAKE) > 0:
        places.add(get(f"$shtitval({AWAKE})"))
    KSR.htable.sht_iterator_end(AWAKE)
    for place in places:
        KSR.corex.send_data(f"sip:{place}", _NOTHING)
