"""Tells the control plane which PBXs registered at this node: only what changes, and nothing of the other nodes'.

That one has run out need not be told, as it was told until when it is.
"""

import time
from collections.abc import Callable, Mapping

from trunkline.contract.registrations import Registered, Registrations
from trunkline.node.registrations import Seen

PAUSE = 3.0  # s
REREAD = 60.0  # s until we ask what the database has of ours: a backup may have been restored
SETTLED = 30.0  # s after the start: a node that lost its contacts hears of them from the others meanwhile


class Teller:
    """A `part.Part`. `look` gives what Kamailio keeps now."""

    def __init__(
        self,
        registrations: Registrations,
        node: str,
        look: Callable[[], Seen],
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ):
        self._registrations, self._node, self._look, self._clock = registrations, node, look, clock
        self._steady, self._settled = steady, steady() + SETTLED  # the other may be set back
        self._told: dict[str, Registered] = {}  # as the database has it
        self._reread = steady()

    def facts(self) -> Mapping[str, object]:
        """`registered`: PBXs that registered here, by what was told."""
        return {"registered": len(self._told)}

    def step(self) -> bool:
        """Raises Unavailable, sqlite3.OperationalError."""
        if self._steady() >= self._reread:
            self._told = {one.key: one for one in self._registrations.known(self._node)}
            self._reread = self._steady() + REREAD
        seen, now = self._look(), self._clock()
        here = {key: self._as_known(one) for key, one in seen.here.items() if one.until > now}
        changed = [one for key, one in here.items() if one != self._told.get(key)]
        # What has run out is known to have; a key that another node has by now is that one's to tell of.
        valid = {key: one for key, one in self._told.items() if one.until > now}
        ended = valid.keys() - seen.keys if self._steady() > self._settled else frozenset()
        if changed or ended:
            self._registrations.note(self._node, changed, ended, int(now))
        self._told = {key: one for key, one in valid.items() if key not in ended} | here
        return False

    def _as_known(self, one: Registered) -> Registered:
        before = self._told.get(one.key)
        return one._replace(since=before.since) if before and before.until >= one.refreshed else one
