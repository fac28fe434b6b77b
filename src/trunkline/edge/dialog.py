"""Proof that a request belongs to a call we set up, carried in our Record-Route so that no memory is needed.

`;tl=CALL.ACCOUNT.FLAGS.BEGUN.MAC`: the call's id, the account whose calls at once it counts among, whether its INVITE
made the offer (e: early, l: late), its numbers have a '+' (p; d: digits only) and what the caller's and the callee's
leg are (a letter of legs.py each), when it began (Unix time, s, in hex), and a MAC over these, the Call-ID and the tag
of the caller. Without it anybody could send an INVITE with a To tag and a Route through us to a carrier; with it that
takes a party of a real call.
"""

import hmac
import re
import time
from hashlib import blake2s
from typing import NamedTuple
from urllib.parse import quote

from trunkline.sip.number import e164

PARAMETER = "tl"
# Where the INVITE was repeated, say with a carrier's credentials: how far the caller's CSeq is below what the far side
# has of it. (The callee's is shifted by as much, which does no harm.)
SHIFT = ";cs={}"

_TOKEN = re.compile(
    r";tl=([0-9a-f]{16})\.([0-9]{1,18})\.([el])([pd])([rsfc]{2})\.([0-9a-f]{8})\.([0-9a-f]{32})(?=[;>,]|$)", re.ASCII
)
_SHIFT = re.compile(r";cs=([1-9]);tl=", re.ASCII)
FROM_TAG = re.compile(r";ftag=([^;>,]+)", re.ASCII)


class Dialog(NamedTuple):
    call: str
    account_id: int
    offered: bool
    plus: str  # what the far side sees before a number: '+' or ''
    caller_tag: str
    legs: str = "cc"  # the caller's and the callee's, see legs
    begun: int = 0  # Unix time, s
    shift: int = 0

    def legs_from(self, tag: str) -> str:
        """The leg of the party with this tag, and the other one."""
        return self.legs if tag == self.caller_tag else self.legs[::-1]


def name(user: str, plus: str, domain: str) -> str:
    """The URI by which the far side knows a party in From and To, made from any user part that means it.

    It needs no memory of what the near side had written: RFC 3261 §12.2.1.1 has the tags alone identify a dialog.
    """
    number = e164(user)
    user = f"{plus}{number}" if number else quote(user, safe="-_.!~*'()&=+$,;?/")
    return f"sip:{user}@{domain}" if user else f"sip:{domain}"


class Dialogs:
    """Signs and verifies with one secret, the same on every node."""

    def __init__(self, secret: str):
        self._key = blake2s(secret.encode()).digest()

    def parameter(
        self, call: str, account_id: int, offered: bool, plus: str, legs: str, call_id: str, caller_tag: str
    ) -> str:
        """The Record-Route parameter of a call that is being set up, with its ';'."""
        facts = f"{call}.{account_id}.{'e' if offered else 'l'}{'p' if plus else 'd'}{legs}.{int(time.time()):08x}"
        return f";{PARAMETER}={facts}.{self._mac(facts, call_id, caller_tag)}"

    def verify(self, route: str, call_id: str) -> Dialog | None:
        """The dialog that a Route URI of ours proves, None when it proves nothing."""
        token, tag = _TOKEN.search(route), FROM_TAG.search(route)
        if not token or not tag:
            return None
        facts, _, mac = token[0].removeprefix(f";{PARAMETER}=").rpartition(".")
        if not hmac.compare_digest(mac, self._mac(facts, call_id, tag[1])):
            return None
        plus, shift = "+" if token[4] == "p" else "", _SHIFT.search(route)
        facts = token[1], int(token[2]), token[3] == "e", plus, tag[1], token[5], int(token[6], 16)
        return Dialog(*facts, int(shift[1]) if shift else 0)

    def _mac(self, facts: str, call_id: str, caller_tag: str) -> str:
        message = f"{facts}\0{call_id}\0{caller_tag}".encode()
        return blake2s(message, key=self._key, digest_size=16).hexdigest()
