"""The other nodes: their messages come to a socket of their own, from addresses that we know, and nothing else does."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.ksr import cluster, message, routes, transactions
from trunkline.edge.lookup import Lookup
from trunkline.sip.contact import without_headers


class Neighbours:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup):
        self._socket = (config.cluster_address, config.cluster_port)
        ip, port = self._socket
        self._host = f"[{ip}]" if ":" in ip else ip
        self._port = port
        self._outward = config.sip_socket
        self.end = f"@{self._host}:{port};lr"  # of each `path`
        self._first = frozenset(config.cluster_peers)
        self._lookup = lookup
        self.exist = bool(config.cluster_address)

    def here(self) -> bool:
        """Whether the current message came to the nodes' own socket."""
        return self.exist and cluster.received_at() == self._socket

    def include(self, ip: str) -> bool:
        self._lookup.refresh()
        return ip in self._first or ip in self._lookup.neighbours()

    def path(self, key: str) -> str:
        """The Path (RFC 3327) by which other nodes reach the PBX that registers here with a key; '' without nodes.

        Its user part is what a flow token is in RFC 5626 §5.2: it names the flow, and means something here alone.
        """
        return f"sip:{key}{self.end}" if self.exist else ""

    def find_registered(self, uri: str, *, directly: bool = False) -> routes.Found:
        """Aim at the contact that last registered as the user of `uri`, or at the node that holds its flow. `directly`:
        though another node holds that."""
        contact = cluster.registered(uri) if self.exist else cluster.NOBODY
        if not contact.path or self.is_ours(contact.path):
            return routes.find_registered(uri)
        known = self.include(_host(contact.path))
        if directly or (contact.direct and not known):
            transactions.aim(without_headers(contact.uri), contact.received)
            self.send_outward("udp")
            return routes.Found.HERE
        if not known:
            return routes.Found.NOWHERE
        transactions.aim_at_node(contact.path.removesuffix(";lr"))
        cluster.send_by(f"udp:{self._host}:{self._port}")
        return routes.Found.ELSEWHERE

    def may_reach(self, uri: str) -> bool:
        """Whether a PBX whose flow another node holds may be reached without that one."""
        contact = cluster.registered(uri) if self.exist else cluster.NOBODY
        return contact.direct and bool(contact.path) and not self.is_ours(contact.path)

    def send_outward(self, transport: str) -> None:
        """Have the current request leave by the socket that is there for everybody."""
        if self.exist and transport == "udp":
            cluster.send_by(self._outward)

    def is_ours(self, path: str) -> bool:
        """Whether it is what `path` makes, rather than what it makes at another node."""
        return path.endswith(self.end)

    def origin(self) -> str:
        """The IP address that a message comes from: what a neighbour says of one that it passes on."""
        return (cluster.origin() if self.here() else None) or message.get("$si")


def _host(path: str) -> str:
    return path.rpartition("@")[2].rpartition(":")[0].strip("[]")
