"""What Kamailio is told by its RPC of calls that end without a BYE.

Of one that nobody has answered the attempt is cancelled, and the edge makes no other. Of one that the edge has recorded
no end of, it lets go what it keeps while a call is up.
"""

from pathlib import Path

from trunkline.contract.endings import AWAKE, COUNTED, UNWANTED
from trunkline.contract.journal import Event
from trunkline.node import probes

SECONDS = 0.5  # to wait for Kamailio


class Canceller:
    """`rpc` is Kamailio's socket."""

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

    def release(self, uid: str, call_id: str) -> None:
        """Have a call count no more, and nothing be sent to its caller. A Kamailio that is away forgets by itself."""
        try:
            self._ask("htable.setex", COUNTED, uid, 1)  # s: the edge takes what runs out off its account's calls
            self._ask("htable.delete", AWAKE, call_id)
        except probes.Silent:
            return

    def _ask(self, *words: str | int) -> None:
        probes.kamailio_rpc(self._rpc, *words, timeout=SECONDS)
