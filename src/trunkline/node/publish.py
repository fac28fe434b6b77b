"""Keeps DNS true to the endpoints: what takes no calls leaves, and comes back when it does again."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence

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
    that writes them, '' when it is this one, and `serving` the addresses of nodes that say to the database that they
    take calls (`node/turn.py`); `own` is this node's address."""

    def __init__(
        self,
        endpoints: Callable[[], Sequence[Endpoint]],
        server: Server,
        domain: str,
        ttl: int,
        alive: Alive | None = None,
        writer: Callable[[], str] = lambda: "",
        serving: Callable[[], Collection[str]] = tuple,
        own: str = "",
    ):
        self._endpoints, self._server, self._domain, self._ttl = endpoints, server, domain, ttl
        self._alive, self._writer, self._waits_for = alive or Alive(), writer, ""
        self._done: tuple[Sequence[Endpoint], frozenset[Place]] | None = None
        self._looked = 0.0
        self._changes = 0
        self._serving, self._own = serving, own
        self._all_out = self._cut_off = False

    def facts(self) -> Mapping[str, object]:
        """`out`: why each address that takes no calls does not; `unseen`: why one cannot be asked; `all_out`: none
        takes calls, so that DNS stays as it is; `cut_off`: none but our own does, and it is our line that is cut;
        `waits_for`: the other node that writes, or ''; `changes`: record sets written since the start."""
        facts = {"out": self._alive.reasons(), "unseen": self._alive.unseen()}
        facts |= {"all_out": self._all_out, "cut_off": self._cut_off}
        return facts | {"waits_for": self._waits_for, "changes": self._changes}

    def step(self) -> bool:
        """Look, and write what has changed. Raises OSError with what keeps the name server from being written."""
        endpoints = self._endpoints()
        if not endpoints:
            raise Unavailable("no endpoint is known yet: the database has not answered since the start")
        self._alive.look(endpoints)
        out = self._alive.out()
        places = {(one.name, address) for one in endpoints for address in one.addresses}
        self._all_out = bool(out) and out >= places - self._alive.unjudged()
        self._cut_off = self._alone(endpoints)
        if self._all_out or self._cut_off:  # what is published stays as it was
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

    def _alone(self, endpoints: Sequence[Endpoint]) -> bool:
        """Whether we hear ourselves alone, who need no line for that, and another one is known to serve: then it is our
        line that is cut, and by what we see the one node that nobody reaches would be left in DNS.

        Once it was so, it is until another one has come back for us: the first answers are not believed yet.
        """
        foreign = [one for one in endpoints if self._own not in one.addresses]
        others = {(one.name, address) for one in foreign for address in one.addresses}
        judged = others - self._alive.unjudged()
        if not judged or not judged <= self._alive.out():
            return False
        serving = self._serving()
        return any(address in serving for _, address in others) and (self._cut_off or judged <= self._alive.silent())

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
