"""Sends a request within a call on, to where its Route or its Request-URI says.

Kamailio asks DNS for a host name there while its worker waits, and a party may write any name, again and again, also
one whose name server never answers. So what workers wait for such answers is bounded, for each sender and for all
(`Limits.may_ask_dns`).
"""

import time

from trunkline.edge.ksr import message, routes, transactions
from trunkline.edge.limits import Limits
from trunkline.sip import refusal
from trunkline.sip.fence import Fence
from trunkline.sip.refusal import Refusal
from trunkline.sip.uri import is_ip


class Onward:
    """One per worker."""

    def __init__(self, limits: Limits, fence: Fence):
        self._limits, self._fence = limits, fence

    def relay(self, on_reply: str = "") -> Refusal | None:
        """Forward the current request, or say why it is refused; `on_reply` names the callback for its responses, ''
        for none."""
        ip = message.source().ip
        if routes.aims_at_us():  # it would only come back, again and again, from our own address
            return refusal.leads_back()
        if is_ip(host := routes.next_host()):
            return refusal.out_of_reach() if self._fence.is_nowhere(host) else self._send(on_reply)
        if not self._limits.may_ask_dns(ip):
            return refusal.name_servers_silent()
        began = time.monotonic()
        refused = self._send(on_reply)
        self._limits.asked_dns(ip, time.monotonic() - began)
        return refused

    @staticmethod
    def _send(on_reply: str) -> Refusal | None:
        return None if transactions.relay(on_reply) else refusal.out_of_reach()
