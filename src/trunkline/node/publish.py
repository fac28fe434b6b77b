"""Keeps DNS true to the endpoints: what takes no calls leaves, and comes back when it does again."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from trunkline.contract.endpoints import Endpoint
from trunkline.contract.feed import Unavailable
from trunkline.dns import zone
from trunkline.dns.plan import Unsafe, check, plan
from trunkline.dns.server import Overtaken, Server, ServerError
from trunkline.node.alive import Alive, Place

VERIFY = 30.0  # s after which the name server is asked again what it has, which somebody else may have changed

log = logging.getLogger(__name__)


class Publisher:
    """A `part.Part`. `endpoints` gives those that are to be published, () while none are known; `writer` the other node
    that writes them, '' when it is this one (`node/turn.py`)."""

    def __init__(
        self,
        endpoints: Callable[[], Sequence[Endpoint]],
        server: Server,
        domain: str,
        ttl: int,
        alive: Alive | None = None,
        writer: Callable[[], str] = lambda: "",
    ):
        self._endpoints, self._server, self._domain, self._ttl = endpoints, server, domain, ttl
        self._alive, self._writer, self._waits_for = alive or Alive(), writer, ""
        self._done: tuple[Sequence[Endpoint], frozenset[Place]] | None = None
        self._looked = 0.0
        self._changes = 0
        self._all_out = False

    def facts(self) -> Mapping[str, object]:
        """`out`: why each address that takes no calls does not; `all_out`: none does, so that DNS stays as it is;
        `waits_for`: the other node that writes, or ''; `changes`: record sets written since the start."""
        facts = {"out": self._alive.reasons(), "all_out": self._all_out}
        return facts | {"waits_for": self._waits_for, "changes": self._changes}

    def step(self) -> bool:
        """Look, and write what has changed. Raises OSError with what keeps the name server from being written."""
        endpoints = self._endpoints()
        if not endpoints:
            raise Unavailable("no endpoint is known yet: the database has not answered since the start")
        self._alive.look(endpoints)
        out = self._alive.out()
        places = {(one.name, address) for one in endpoints for address in one.addresses}
        self._all_out = out >= places
        if self._all_out:  # then it is we who are cut off; what is published stays as it was
            out = self._done[1] if self._done else frozenset()
        self._waits_for = self._writer()
        if self._waits_for:  # which sees the same, as far as we know; when it is our turn, that is looked at
            self._done, self._looked = (endpoints, out), -VERIFY
            return False
        if (endpoints, out) == self._done and time.monotonic() - self._looked < VERIFY:
            return False
        try:
            self._write(endpoints, out)
        except Overtaken:
            return True  # at once again, with what is there now
        except (ServerError, Unsafe) as error:
            raise OSError(str(error)) from error
        self._done, self._looked = (endpoints, out), time.monotonic()
        return False

    def _write(self, endpoints: Sequence[Endpoint], out: frozenset[Place]) -> None:
        wanted = zone.names(endpoints, self._domain, self._server.zone)
        existing = self._server.existing(self._domain, wanted)
        desired = zone.records(endpoints, self._domain, self._server.zone, self._ttl, out)
        changes = plan(existing, desired)
        if not changes:
            return
        # With all endpoints in their places the operator's own guard holds; an outage may take away more.
        all_in = zone.records(endpoints, self._domain, self._server.zone, self._ttl)
        check(existing, all_in, zone.foreign(existing, self._domain))
        self._server.update(changes)
        self._changes += len(changes)
        for change in changes:
            for line in change.lines():
                log.info("%s", line)
