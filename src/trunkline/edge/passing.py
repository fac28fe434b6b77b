"""Calls of other nodes to PBXs whose flow we hold: behind NAT, or over a connection that they have opened to us.

The node that has the call sees to all of it; here its signalling is passed on, and stays on this way (Record-Route), as
the PBX sends its later requests over its own connection too. Towards either side we are one more proxy that hides what
is behind it.
"""

import hmac
import re
from hashlib import blake2s

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.dialog import FROM_TAG
from trunkline.edge.ksr import cluster, contacts, message, replies, routes, transactions
from trunkline.edge.neighbours import Neighbours
from trunkline.edge.onward import Onward
from trunkline.sip import refusal

NEW = frozenset(("INVITE", "OPTIONS"))
# ms. The node that has the call gives up sooner: no URI has more than 20 s, and it watches the ringing.
SILENCE, RINGING = 25_000, 30_000

_TOKEN = re.compile(r";tp=([0-9a-f]{32})(?=[;>,]|$)", re.ASCII)


def is_passed_on(record_routes: list[str]) -> bool:
    """Whether a call passes another node beside the one that has it."""
    return any(_TOKEN.search(route) for route in record_routes)


class Passing:
    """One per worker."""

    def __init__(self, config: EdgeConfig, neighbours: Neighbours, onward: Onward):
        self._config, self._neighbours, self._onward = config, neighbours, onward
        self._key = blake2s(config.dialog_secret.encode(), person=b"passing").digest()

    def take(self, method: str, ip: str) -> bool:
        """Whether the current request came from a neighbour, or to the socket that hears only neighbours, and nothing
        more is to be done with it. One within a dialog may belong to a call of ours.

        Who forges a neighbour's address there could register a PBX elsewhere: that network is the operator's.
        """
        if not self._neighbours.here():
            return False
        if not self._neighbours.include(ip):
            return True
        if method == cluster.METHOD:
            cluster.take(self._neighbours.end)
            return True
        if message.has_to_tag():
            return False
        self._begin(method)
        return True

    def _begin(self, method: str) -> None:
        if method == "CANCEL":
            if not transactions.relay_cancel(lambda: None):
                replies.refuse(refusal.unknown_dialog())
        elif method not in NEW:
            replies.refuse(refusal.method_not_allowed(method))
        elif not routes.may_forward():
            replies.refuse(refusal.too_many_hops())
        elif transactions.begin():
            self._to_registered(f"sip:{message.get('$rU')}@{self._config.domain}")

    def _to_registered(self, uri: str) -> None:
        """Only to the contact of a key that is registered here, whatever else the request names."""
        routes.forget_routes()
        path = cluster.registered(uri).path
        if path and not self._neighbours.is_ours(path):  # it has moved since the neighbour looked
            replies.final(refusal.flow_failed())
            return
        found = routes.find_registered(uri)
        if found is routes.Found.NOWHERE:
            replies.final(refusal.nobody_registered())
            return
        routes.record_route(f";tp={self._mac(message.get('$ci'), message.get('$ft'))}")
        ringing = self._config.ring_timeout + RINGING
        if found is routes.Found.LOST or not transactions.pass_on("ksr_passed_reply", ringing, SILENCE):
            replies.final(refusal.flow_failed())

    def has(self, route: str) -> bool:
        """Whether a Route of ours proves that the current request is within a call that is passed on here."""
        token, tag = _TOKEN.search(route), FROM_TAG.search(route)
        return bool(token and tag) and hmac.compare_digest(token[1], self._mac(message.get("$ci"), tag[1]))

    def forward(self, method: str) -> None:
        """A request within such a call: from a neighbour to the PBX, or from the PBX to where the call is."""
        if self._neighbours.here():
            routes.follow_contact(to_caller=False)
            if refused := self._onward.relay("ksr_passed_reply"):
                replies.refuse(refused)
        elif not self._neighbours.include(routes.next_host()):  # or its Route was altered
            replies.refuse(refusal.unknown_dialog())
        else:
            cluster.note_origin()
            if method in ("INVITE", "UPDATE"):
                contacts.lead_back()
            if not transactions.relay():
                replies.refuse(refusal.out_of_reach())

    @staticmethod
    def respond() -> None:
        """A response of the PBX on its way to the node that has the call."""
        cluster.note_origin()
        contacts.lead_back()

    def _mac(self, call_id: str, caller_tag: str) -> str:
        return blake2s(f"{call_id}\0{caller_tag}".encode(), key=self._key, digest_size=16).hexdigest()
