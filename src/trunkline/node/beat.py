"""Tells the database how this node fares, and follows orders to drain it, or to end calls."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2s
from pathlib import Path

from trunkline import __version__
from trunkline.contract import store
from trunkline.contract.feed import DRAIN, Heartbeat, Sink, Unavailable
from trunkline.home import Home
from trunkline.node import health, media_ports, orders, part, ports, probes
from trunkline.node.engines import relay_name
from trunkline.node.supervise import NotRunning
from trunkline.settings import Settings

PAUSE = 5.0  # s
FORGET_AFTER = 20.0  # s without the database, after which calls on other nodes count no more


class Beater:
    """A `part.Part`."""

    def __init__(self, sink: Sink, settings: Settings, home: Home):
        self._sink, self._settings, self._home = sink, settings, home
        self._store = store.open_writer(home.store)
        self._started, self._heard, self._ahead = time.time(), time.monotonic(), 0.0
        self._mail, self._checks = "", {}
        self._endings: set[str] = set()  # of calls to end that the disk has not taken yet; we are told of each once

    def facts(self) -> Mapping[str, object]:
        known = {"draining": store.draining(self._store), "calls": self._calls(), "checks": self._checks}
        if self._settings.metrics.port:
            known |= {"kamailio": self._kamailio(), "media_ports": self._media_ports()}
        return known | {"ahead": round(self._ahead, 1), "mail": self._mail}

    def step(self) -> bool:
        """One heartbeat; a second one at once after an order. Raises Unavailable, sqlite3.OperationalError, OSError."""
        more = self._heartbeat()
        self._sink.prune()  # last: what was heard is followed, whatever becomes of this
        return more

    def _heartbeat(self) -> bool:
        draining = store.draining(self._store)
        try:
            standing = self._sink.heartbeat(self._beat(draining))
        except Unavailable:
            if time.monotonic() - self._heard > FORGET_AFTER:
                self._note_elsewhere({})
            raise
        self._heard, self._ahead, self._mail = time.monotonic(), standing.ahead, standing.mail
        self._note_elsewhere(standing.elsewhere)
        if frozenset(standing.neighbours) != store.neighbours(self._store):
            store.set_neighbours(self._store, standing.neighbours)
        if frozenset(standing.nodes) != store.nodes(self._store):
            store.set_nodes(self._store, standing.nodes)
        self._endings.update(standing.endings)
        if self._endings:
            orders.want(self._home.endings, self._endings)
            self._endings.clear()
        if not standing.order:
            return False
        wanted = standing.order == DRAIN
        if wanted is not draining:
            store.set_draining(self._store, wanted)
        return wanted is not draining

    def _note_elsewhere(self, counts: dict[int, int]) -> None:
        # Only when it changes: after a write every worker of the edge looks what it was.
        if counts != store.elsewhere(self._store):
            store.set_elsewhere(self._store, counts)

    def _beat(self, draining: bool) -> Heartbeat:
        its = self._settings
        return Heartbeat(
            node=its.node.name,
            instance=instance(self._home),
            region=its.node.region,
            addresses=[its.sip_advertised],
            port=its.sip.port,
            tls_port=its.sip.tls_port,
            version=__version__,
            started=self._started,
            problems=self._problems(),
            calls=self._calls(),
            load=round(os.getloadavg()[0] / (os.cpu_count() or 1), 2),
            draining=draining,
            cluster=its.cluster.address,
            watches=its.dns.watch and not self._cut_off(),
        )

    def _problems(self) -> dict[str, str]:
        try:
            checks = health.check(self._settings, self._home)
        except NotRunning as error:
            self._checks = {"supervisord": False}
            return {"supervisord": str(error)}
        self._checks = {check.name: check.ok for check in checks}
        # Of itself it says enough by being heard.
        return {check.name: check.text for check in checks if not check.ok and check.name != "beat"}

    def _kamailio(self) -> Mapping[str, object] | None:
        """What it says of its memory (bytes) and connections, for the part metrics, which must not ask it."""
        try:
            ask = lambda method: probes.kamailio_rpc(self._home.kamailio_rpc, method)  # noqa: E731
            return {"memory": ask("core.shmmem"), "connections": ask("core.tcp_info")}
        except probes.Silent:  # `checks` says it
            return None

    def _media_ports(self) -> Mapping[str, media_ports.Ports]:
        """Those of each media relay that says so, for the same part."""
        known = {}
        with suppress(OSError, ValueError, TypeError):  # no engine has been started yet
            for index, port in enumerate(ports.read(self._home.ports).relays):
                with suppress(probes.Silent):
                    known[relay_name(index)] = media_ports.ask(port)
        return known

    def _cut_off(self) -> bool:
        """What this node sees of the others is then nothing that DNS should follow."""
        return bool((part.read_status(self._home.status("publish")) or {}).get("cut_off"))

    def _calls(self) -> int:
        status = part.read_status(self._home.status("clear")) or {}
        return int(status.get("up", 0))


def instance(home: Home) -> str:
    """What tells this home on this machine from every other."""
    machine = Path("/etc/machine-id")
    name = machine.read_text().strip() if machine.exists() else os.uname().nodename
    return blake2s(f"{name}\0{home.root}".encode(), digest_size=16).hexdigest()
