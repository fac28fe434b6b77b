"""Requests that our own node sends through us on behalf of somebody who wants to know (see contract.trial)."""

import time

from trunkline.contract import trial
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import inbound
from trunkline.edge.dialog import name
from trunkline.edge.ksr import hiding, message, replies, routes, transactions
from trunkline.edge.ksr.routes import Found
from trunkline.edge.lookup import Lookup
from trunkline.edge.neighbours import Neighbours
from trunkline.sip import refusal
from trunkline.sip.fence import OURS
from trunkline.sip.uri import parse

SILENCE = 5000  # ms; somebody sits before a page and waits


class Trials:
    """One per worker."""

    def __init__(self, config: EdgeConfig, lookup: Lookup, neighbours: Neighbours):
        self._config, self._lookup, self._key = config, lookup, trial.key(config.dialog_secret)
        self._neighbours = neighbours

    def next_hop(self) -> str | None:
        """Where a trial is to go, '' when we know best; None when the request is none."""
        value = message.text(f"$hdr({trial.HEADER})")
        return trial.next_hop(self._key, value, message.get("$ci"), message.text("$ru"), time.time()) if value else None

    def pass_on(self, next_hop: str) -> None:
        """Send an OPTIONS to a PBX, as a call would be sent to it."""
        uri = message.get("$ru")
        if next_hop:
            transactions.aim(uri, next_hop)
        else:
            found = self._neighbours.find_registered(uri)
            if found in (Found.NOWHERE, Found.LOST):
                replies.refuse(refusal.flow_failed() if found is Found.LOST else refusal.nobody_registered())
                return
        elsewhere = OURS if routes.aims_at_us() else self._no_pbx(next_hop)
        if elsewhere:
            replies.refuse(refusal.no_pbx_there(elsewhere))
            return
        domain = self._config.domain
        hiding.hide(name("", "", domain), name(message.user_part("$tU"), "", domain))
        if not transactions.relay("ksr_hidden_reply", SILENCE):
            replies.unsent()  # who asks tells people what it means

    def _no_pbx(self, next_hop: str) -> str:
        """As `inbound.no_pbx`; a registered PBX is where it came from."""
        hop = parse(next_hop) if next_hop else None  # the seal says that it is ours
        return inbound.no_pbx(hop.host, hop.port, self._lookup, self._config.fence) if hop else ""
