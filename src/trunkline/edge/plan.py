"""A call's plan: the attempts it may need, made once when its INVITE arrives, carried by its transaction.

Replies and timers are handled by other worker processes than the request was, so the plan travels as text in an
AVP of the transaction (`dumps`, `loads`).
"""

import json
import random
from dataclasses import dataclass, field
from typing import NamedTuple

from trunkline.edge.lookup import Lookup
from trunkline.sip.uri import DEFAULT_PORT, is_ip

MOST_ATTEMPTS = 30  # of one call: max_branches of kamailio.cfg


class Attempt(NamedTuple):
    """One address that the INVITE may be sent to.

    `group` counts the carriers or *Forward to SIP* URIs; all addresses of one share its `timeout` (ms).
    `problem`: why it cannot be sent, '' when it can; `cause`, one of journal.CAUSES, is what that counts as. `ip` is
    '' for a registered contact, which the location store knows only at the time of the attempt.
    """

    kind: str  # 'carrier', 'uri' or 'registered'
    target: str  # the carrier's name, or the URI as the customer wrote it
    group: int
    timeout: int
    uri: str  # the Request-URI
    ip: str = ""
    port: int = 0
    transport: str = "udp"
    carrier_id: int = 0
    problem: str = ""
    cause: str = "dns"
    leg: str = "c"  # to a carrier; see legs

    @property
    def next_hop(self) -> str:
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"sip:{host}:{self.port};transport={self.transport}"

    @property
    def number(self) -> str:
        """What a carrier is asked for; '' for other targets."""
        return self.uri[len("sip:") :].partition("@")[0] if self.kind == "carrier" else ""

    @property
    def address(self) -> str:
        """For people: where this went."""
        return f"{self.transport}:{self.ip}:{self.port}" if self.ip else ""


_compact = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(slots=True)
class Plan:
    """`current` is the index of the attempt under way, -1 before the first; `deadline` is when its
    group is given up, of the clock that nobody sets (s): all processes of a machine share it."""

    call: str  # the call's id in the journal
    account_id: int  # whose calls at once it counts among
    direction: str
    attempts: list[Attempt] = field(default_factory=list)
    current: int = -1
    deadline: float = 0.0
    failures: list[str] = field(default_factory=list)  # what happened, one per attempt, as the caller may know it
    authenticated: bool = False  # the carrier's challenge was answered in this attempt

    @property
    def attempt(self) -> Attempt:
        return self.attempts[self.current]

    def dumps(self) -> str:
        values = (self.call, self.account_id, self.direction, self.attempts, self.current)
        return _compact((*values, self.deadline, self.failures, self.authenticated))

    @classmethod
    def loads(cls, text: str) -> "Plan":
        call, account_id, direction, attempts, *rest = json.loads(text)
        return cls(call, account_id, direction, [Attempt(*values) for values in attempts], *rest)


def located(lookup: Lookup, host: str, port: int, transport: str, **common) -> list[Attempt]:
    """An attempt for each address of a host, in the order of RFC 3263; one with a `problem` when it has none."""
    if is_ip(host):
        return [Attempt(ip=host, port=port or DEFAULT_PORT[transport], transport=transport, **common)]
    resolution = lookup.resolution(host, port, transport)
    if not resolution.targets:
        return [Attempt(problem=resolution.problem, transport=transport, **common)]
    targets = weighted(resolution.targets, priority=lambda t: t[2], weight=lambda t: t[3])
    return [Attempt(ip=ip, port=target_port, transport=transport, **common) for ip, target_port, *_ in targets]


def weighted(items, priority, weight) -> list:
    """Order by priority, and among equals at random in proportion to the weights (RFC 2782, page 3). Those of weight 0
    come last, in any order: the addresses of a name without SRV are such, and are there to share the calls."""
    if len(items) == 1:  # as most are
        return list(items)
    keyed = [(priority(item), *_draw(weight(item)), index) for index, item in enumerate(items)]
    return [items[index] for *_, index in sorted(keyed)]


def _draw(weight: int) -> tuple[bool, float]:
    # Exponential variates with rate w: the smallest is item i with probability w_i / sum(w), as RFC 2782 asks.
    return weight == 0, random.expovariate(weight or 1)
