"""Has Kamailio ask a media relay again that it has given up, and so take it for calls as soon as it is back.

By itself Kamailio asks such a relay during a later call only, whose worker then waits for it, and never for a call that
it knows to be there.
"""

import time
from collections.abc import Callable
from pathlib import Path

from trunkline.node import probes

EVERY = 1.0  # s; a millisecond each
SECONDS = 0.5  # to wait for Kamailio


class Pinger:
    """`rpc` is Kamailio's socket."""

    def __init__(self, rpc: Path, clock: Callable[[], float] = time.monotonic):
        self._rpc, self._clock, self._due = rpc, clock, 0.0

    def ping(self) -> None:
        """Now and then; a Kamailio that is away looks for its relays when it starts."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + EVERY
        try:
            listed = self._ask("rtpengine.show", "all")
            for relay in listed if isinstance(listed, list) else [listed]:
                if not relay["active"]:
                    self._ask("rtpengine.ping", relay["url"])
        except probes.Silent:
            return

    def since(self) -> float:
        """Since when Kamailio has run (Unix time, s): it makes its socket as it starts, before it takes a call. 0: it
        does not run."""
        try:
            return self._rpc.stat().st_mtime - SECONDS
        except FileNotFoundError:
            return 0.0

    def _ask(self, method: str, which: str) -> object:
        return probes.kamailio_rpc(self._rpc, method, which, timeout=SECONDS)
