"""Who may go on: floods and scans are banned for a while, and an account keeps to its limits.

The counts live in Kamailio's shared memory (`counters`, see `ksr.counters`), so all workers share them.
"""

import ipaddress
import time
from functools import lru_cache
from typing import Protocol

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.lookup import Account
from trunkline.sip import refusal
from trunkline.sip.refusal import Refusal

STRANGERS_TOLD = 10  # in a minute
SLOW_DNS = 0.2  # s; most answers take a tenth of it
MOST_SLOW_DNS = 4  # such questions that the workers together may wait for in 10 s
SLOW_DNS_OF_ONE = 2  # of them, those that one address may cause: it takes two to hold up everybody's


class Counters(Protocol):
    """Hash tables shared by the workers; a table's entries expire as the engine's configuration says."""

    def get(self, table: str, key: str) -> object: ...
    def put(self, table: str, key: str, value: str) -> None: ...
    def add(self, table: str, key: str) -> int: ...
    def subtract(self, table: str, key: str) -> int: ...
    def take(self, table: str, key: str) -> str | None: ...


class Limits:
    def __init__(self, config: EdgeConfig, counters: Counters):
        self._config, self._counters = config, counters
        self._since = int(time.time())

    def banned(self, ip: str) -> bool:
        return self._counters.get("banned", _sender(ip)) is not None

    def pardon(self, ip: str) -> None:
        """End a ban before its time."""
        self._counters.take("banned", _sender(ip))

    def trust(self, ip: str) -> None:
        """A source that has proven itself is not counted: nobody can get it banned by forging its address."""
        if not self.trusted(ip):
            self._counters.put("trusted", _sender(ip), "1")

    def trusted(self, ip: str) -> bool:
        return self._counters.get("trusted", _sender(ip)) is not None

    def seen(self, ip: str) -> bool:
        """Count a request of a source that has not proven itself; True when that gets it banned."""
        if self.trusted(ip):
            return False
        return self._count("seen", ip, self._config.requests_per_10s)

    def refused(self, ip: str) -> bool:
        """Count wrong credentials or a stranger's call; True when that gets the source banned."""
        if self.trusted(ip):
            return False
        return self._count("refused", ip, self._config.refusals_per_minute)

    def stranger(self, ip: str) -> int:
        """Which INVITE without credentials this is of an address that is nobody's, within an hour; 0 of one that has
        proven itself. A PBX proves itself by its next one, so those of a moment count as one."""
        sender = _sender(ip)
        if self.trusted(ip):
            return 0
        if self._counters.add("started", f"stranger:{sender}") > 1:
            return int(self._counters.get("strangers", sender))
        return self._counters.add("strangers", sender)

    def tells_of(self, ip: str) -> bool:
        """Whether it is to be recorded that a stranger's call does not get in: once a minute of each, and of few, as
        over UDP addresses can be forged."""
        first = self._counters.add("denied", f":{_sender(ip)}") == 1  # no key has a colon
        return first and self._counters.add("denied", ":") <= STRANGERS_TOLD

    def first_denial(self, key: str) -> bool:
        """Whether wrong credentials of a key are the first ones of a minute, which are told to its owner."""
        return self._counters.add("denied", key) == 1

    def _count(self, table: str, ip: str, most: int) -> bool:
        sender = _sender(ip)
        if self._counters.add(table, sender) <= most:
            return False
        self._counters.put("banned", sender, table)
        self._counters.take(table, sender)  # or what it counted until now would ban it again as soon as its ban ends
        return True

    def may_ask_dns(self, ip: str) -> bool:
        """Whether a worker may wait for DNS on behalf of `ip`: not when slow name servers have just held up others."""
        asked = self._counters.get
        return asked("slow", "dns") < MOST_SLOW_DNS and asked("slow", _sender(ip)) < SLOW_DNS_OF_ONE

    def asked_dns(self, ip: str, seconds: float) -> None:
        """Count a question to DNS that a worker has waited for."""
        if seconds >= SLOW_DNS:
            self._counters.add("slow", "dns")
            self._counters.add("slow", _sender(ip))

    def admit(self, account: Account, call: str, summary: str, elsewhere: int = 0, called: str = "") -> Refusal | None:
        """Count a call that is about to start; `release` ends it. `summary` shows it among the live calls;
        `elsewhere` is how many of the account are up on other nodes; `called` as in `refusal.too_many_at_once`."""
        if account.calls_per_second:
            started = self._counters.add("started", f"{account.id}:{int(time.time())}")
            if started > account.calls_per_second:
                return refusal.too_many_per_second(account.calls_per_second, called)
        active = self._counters.add("active", str(account.id))
        if account.calls_at_once and active + elsewhere > account.calls_at_once:
            self._counters.subtract("active", str(account.id))
            return refusal.too_many_at_once(account.calls_at_once, called)
        self._counters.put("calls", call, f"{account.id} {summary}")
        return None

    def release(self, call: str) -> None:
        """The call is over. Harmless when it was released before, or when its count died with an earlier process."""
        self._counters.take("callee", call)
        entry = self._counters.take("calls", call)
        if entry:
            self._counters.subtract("active", entry.partition(" ")[0])

    def over(self, call: str) -> bool:
        """Note that a call's record is closed; False when it was: two BYEs may cross, or be repeated."""
        return self._counters.add("over", call) == 1

    def is_over(self, call: str, begun: int) -> bool:
        """Whether a call's record is closed. `begun`: Unix time, s; a call of before this process is not counted."""
        if self.is_closed(call):
            return True
        return begun > self._since and not self.is_counted(call)

    def is_closed(self, call: str) -> bool:
        """Whether a call's record was closed within the last minutes."""
        return bool(self._counters.get("over", call))

    def is_counted(self, call: str) -> bool:
        """Whether the call began in this process and has not been released."""
        return self._counters.get("calls", call) is not None

    def answered(self, call: str, tag: str) -> None:
        """Note the tag of the callee whose answer the caller has got."""
        self._counters.put("callee", call, tag)

    def callee(self, call: str) -> str | None:
        """That tag; None when there was no answer yet, or it came before this process."""
        return self._counters.get("callee", call)

    def turn_away(self, call: str, tag: str) -> None:
        """Note that this callee's answer came too late: its BYE, without an ACK after 32 s, ends nothing."""
        self._counters.put("late", f"{call}:{tag}", "1")

    def turned_away(self, call: str, tag: str) -> bool:
        return self._counters.get("late", f"{call}:{tag}") is not None

    def repeat_answer(self, call: str) -> None:
        """Note that the callee still repeats its answer, so that no ACK has reached it (RFC 3261 §13.3.1.4)."""
        if not self.unconfirmed(call):
            self._counters.put("late", f"{call}:ack", "missing")

    def confirm(self, call: str) -> None:
        """An ACK of the caller's passes."""
        if self.unconfirmed(call) == "missing":
            self._counters.put("late", f"{call}:ack", "passed")

    def unconfirmed(self, call: str) -> str:
        """Of a callee that repeats its answer: 'missing' or 'passed', as the ACK was; '' of one that does not."""
        return self._counters.get("late", f"{call}:ack") or ""

    def give_reason(self, call_id: str, words: str) -> None:
        """Keep why a call is cancelled until its attempt is over."""
        self._counters.put("late", f"{call_id}:cancel", words)

    def reason_given(self, call_id: str) -> str:
        return self._counters.get("late", f"{call_id}:cancel") or ""

    def leave_early(self, call: str) -> None:
        """Note that the caller has ended the call by a BYE before it was answered."""
        self._counters.put("late", f"{call}:", "1")

    def left_early(self, call: str) -> bool:
        return self._counters.get("late", f"{call}:") is not None

    def expired(self, entry: str) -> None:
        """A call's entry has outlived the longest call: its BYE was never seen."""
        self._counters.subtract("active", entry.partition(" ")[0])


def _sender(ip: str) -> str:
    """Whom an address stands for: IPv6 gives each host a /64, in which it may take an address for every message."""
    return _network(ip) if ":" in ip else ip


@lru_cache(1000)
def _network(ip: str) -> str:
    return str(ipaddress.ip_network((ip, 64), strict=False))
