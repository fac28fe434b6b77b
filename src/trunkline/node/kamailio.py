"""What Kamailio is told of a single call, by its RPC: what nobody's message tells it.

Of one that nobody has answered the attempt is cancelled, and the edge makes no other; or its caller is told to wait. Of
one that the edge has recorded no end of, it lets go what it keeps while a call is up.
"""

import secrets
from pathlib import Path

from trunkline.contract.endings import AWAKE, COUNTED, UNWANTED
from trunkline.contract.journal import Event
from trunkline.node import probes

SECONDS = 0.5  # to wait for Kamailio


class Kamailio:
    """`rpc` is its socket."""

    def __init__(self, rpc: Path):
        self._rpc = rpc

    def cancel(self, setup: Event) -> None:
        """`setup`: the journal's event of the call. What is in vain, as nothing is under way at the moment or Kamailio
        is away, is to be said again."""
        try:
            self._ask("htable.sets", UNWANTED, setup["call"], "1")  # first, as the next target would be tried
            self._ask("tm.cancel", str(setup.get("call_id", "")), str(setup.get("cseq", "")))
        except probes.Silent:
            return

    def progress(self, setup: Event) -> bool:
        """Have its caller wait on, by a 183 without SDP; False where Kamailio does not answer. It makes an early dialog
        (RFC 3261 §12.1.1): so it has a tag that is nobody else's, and the Contact that the edge has noted."""
        transaction = str(setup.get("call_id", "")), str(setup.get("cseq", ""))
        contact = f"Contact: <{setup.get('contact')}>\r\n"
        try:
            self._ask("tm.reply_callid", 183, "Session Progress", *transaction, secrets.token_hex(8), contact, "")
        except probes.Refused:  # the call is just over
            return True
        except probes.Silent:
            return False
        return True

    def release(self, uid: str, call_id: str) -> None:
        """Have a call count no more, and nothing be sent to its caller. A Kamailio that is away forgets by itself."""
        try:
            self._ask("htable.setex", COUNTED, uid, 1)  # s: the edge takes what runs out off its account's calls
            self._ask("htable.delete", AWAKE, call_id)
        except probes.Silent:
            return

    def _ask(self, *words: str | int) -> None:
        probes.kamailio_rpc(self._rpc, *words, timeout=SECONDS)
