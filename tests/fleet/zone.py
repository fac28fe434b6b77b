"""The name server that leads to the nodes, and a PBX that asks it as RFC 3263 says."""

import base64
import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleet.internet import Internet
from harness.knot import NameServer, knot
from harness.node import Node
from trunkline.dns.locate import Located, locate
from trunkline.dns.resolver import Resolver, Unanswered
from trunkline.home import Home

ZONE, KEY, SECRET = "trunk.example", "trunkline", base64.b64encode(b"6" * 32).decode()
DOMAIN = f"sip.{ZONE}"
START = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\nns A 127.0.0.1\n"
TTL = 1  # s


@contextlib.contextmanager
def name_server(
    network: Internet, folder: Path, address: str = "", public: tuple[Internet, str] | None = None
) -> Iterator[NameServer]:
    """On a machine of its own in the nodes' network, from which whoever has the key may write; `public` is where else
    it answers."""
    machine = network.machine("dns", address)
    if public:
        machine.plug_into(*public, "eth1")
    also = [public[1]] if public else []
    zones = {f"{ZONE}.": START}
    serving = knot(machine.address, folder, zones, 53, (KEY, SECRET), writers=network.network, also=also)
    server = machine.inside(serving.__enter__)
    try:
        yield server
    finally:
        serving.__exit__(None, None, None)


def write_key(home: Home) -> None:
    """As an operator gives it to a node that may write."""
    home.dns_key.write_text(f"hmac-sha256:{KEY}:{SECRET}\n")
    home.dns_key.chmod(0o600)


def settings(server: NameServer, watch: bool) -> dict[str, object]:
    """A node's section `dns`."""
    return {"zone": ZONE, "primary": server.address, "ttl": TTL, "watch": watch}


class Guide:
    """What one PBX knows of the way to the service: asked anew when the records are out of date."""

    def __init__(self, address: str, nodes: Sequence[Node]):
        self._resolver, self._nodes = Resolver([address], 53), {node.address: node for node in nodes}
        self._known, self._until = Located([], "", 0), 0.0
        self.seen: list[tuple[float, frozenset[str]]] = []  # Unix time, and the nodes that DNS then led to

    async def order(self) -> list[Node]:
        """The nodes in the order in which a call tries them: by priority, then drawn by weight (RFC 2782)."""
        if time.monotonic() > self._until:
            await self._ask()
            self._until = time.monotonic() + self._known.ttl
            self.seen.append((time.time(), frozenset(self._nodes[target.ip].name for target in self._known.targets)))
        left, ordered = list(self._known.targets), []
        while left:
            best = min(target.priority for target in left)
            equals = [target for target in left if target.priority == best]
            [chosen] = random.choices(equals, [max(target.weight, 0.01) for target in equals])
            ordered.append(self._nodes[chosen.ip])
            left.remove(chosen)
        return ordered

    async def _ask(self) -> None:
        """What it knew serves on while no name server answers (RFC 8767): other tests keep this machine busy."""
        try:
            self._known = await locate(self._resolver, DOMAIN, 0, "udp", ipv6=False)
        except Unanswered:
            if not self._known.targets:
                raise

    def absence(self, name: str, since: float) -> tuple[float | None, float | None]:
        """When, after a time, DNS first led no longer to a node, and when it did again; None: not yet."""
        left = next((at for at, names in self.seen if at > since and name not in names), None)
        back = left and next((at for at, names in self.seen if at > left and name in names), None)
        return left, back
