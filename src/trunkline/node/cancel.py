"""Ends a call that nobody has answered, by Kamailio's RPC: its attempt is cancelled, and the edge makes no other."""

from pathlib import Path

from trunkline.contract.endings import UNWANTED
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

    def _ask(self, *words: str) -> None:
        probes.kamailio_rpc(self._rpc, *words, timeout=SECONDS)
