"""Requests that our own node sends through us on behalf of somebody who wants to know (see contract.trial)."""

import time

from trunkline.contract import trial
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.dialog import name
from trunkline.edge.ksr import hiding, message, replies, routes, transactions
from trunkline.edge.lookup import Lookup
from trunkline.sip import refusal
from trunkline.sip.uri import UriError, parse


class Trials:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup):
        self._domain, self._lookup, self._key = config.domain, lookup, trial.key(config.dialog_secret)

    def next_hop(self) -> str | None:
        """Where a trial is to go, '' when we know best; None when the request is none."""
        value = message.text(f"$hdr({trial.HEADER})")
        return trial.next_hop(self._key, value, message.get("$ci"), message.text("$ru"), time.time()) if value else None

    def pass_on(self, next_hop: str) -> None:
        """Send an OPTIONS to a PBX, as a call would be sent to it."""
        uri = message.get("$ru")
        if next_hop:
            transactions.aim(uri, next_hop)
        elif not routes.find_registered(uri):
            replies.refuse(refusal.nobody_registered())
            return
        if routes.aims_at_us() or (next_hop and self._leads_to_carrier(next_hop)):
            replies.refuse(refusal.no_pbx_there())
            return
        domain = self._domain
        hiding.hide(name("", "", domain), name(message.user_part("$tU"), "", domain))
        transactions.relay("ksr_hidden_reply")

    def _leads_to_carrier(self, next_hop: str) -> bool:
        try:
            hop = parse(next_hop)
        except UriError:
            return True
        return self._lookup.leads_to_carrier(hop.host, hop.port)
