"""The other nodes: their messages come to a socket of their own, from addresses that we know, and nothing else does."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.ksr import cluster
from trunkline.edge.lookup import Lookup


class Neighbours:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup):
        self._socket = (config.cluster_address, config.cluster_port)
        self._first = frozenset(config.cluster_peers)
        self._lookup = lookup
        self.exist = bool(config.cluster_address)

    def take(self, method: str, ip: str) -> bool:
        """Whether the current request came to the nodes' own socket; then nothing more is to be done with it.

        Who forges a neighbour's address there could register a PBX elsewhere: that network is the operator's.
        """
        if cluster.received_at() != self._socket:
            return False
        self._lookup.refresh()
        if method == cluster.METHOD and (ip in self._first or ip in self._lookup.neighbours()):
            cluster.take()
        return True
