"""Which sources may go on: floods and scans are banned for a while, and nobody holds up the workers.

The counts live in Kamailio's shared memory (`counters`, see `ksr.counters`), so all workers share them.
"""

import time
from typing import Protocol

from trunkline.contract import bans
from trunkline.contract.edge_config import EdgeConfig

STRANGERS_TOLD = 10  # in a minute
MOST_STRANGERS = 20  # addresses in a second that are kept for an hour: forged ones would fill the shared memory
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

    def banned(self, ip: str) -> bool:
        return self._counters.get(bans.TABLE, bans.sender(ip)) is not None

    def pardon(self, ip: str) -> None:
        """End a ban before its time."""
        self._counters.take(bans.TABLE, bans.sender(ip))

    def trust(self, ip: str) -> None:
        """A source that has proven itself is not counted, for an hour from now: nobody can get it banned by forging its
        address."""
        self._counters.put("trusted", bans.sender(ip), "1")

    def trusted(self, ip: str) -> bool:
        return self._counters.get("trusted", bans.sender(ip)) is not None

    def seen(self, ip: str) -> bool:
        """Count a request of a source that has not proven itself; True when that gets it banned."""
        if self.trusted(ip):
            return False
        return self._count("seen", ip, self._config.requests_per_10s)

    def refused(self, ip: str) -> bool:
        """Count wrong credentials; True when that gets the source banned."""
        if self.trusted(ip):
            return False
        return self._count("refused", ip, self._config.refusals_per_minute)

    def stranger(self, ip: str) -> int:
        """Which INVITE without credentials this is of an address that is nobody's, within an hour; 0 of one that has
        proven itself, or comes with too many others. A PBX proves itself by its next one, so those of a moment count as
        one."""
        sender = bans.sender(ip)
        if self.trusted(ip):
            return 0
        known = int(self._counters.get("strangers", sender))
        if self._counters.add("started", f"stranger:{sender}") > 1:
            return known
        if not known and self._counters.add("started", f"strangers:{int(time.time())}") > MOST_STRANGERS:
            return 0
        return self._counters.add("strangers", sender)

    def tells_of(self, ip: str) -> bool:
        """Whether it is to be recorded that a stranger's call does not get in: once a minute of each, and of few, as
        over UDP addresses can be forged."""
        first = self._counters.add("denied", f":{bans.sender(ip)}") == 1  # no key has a colon
        return first and self._counters.add("denied", ":") <= STRANGERS_TOLD

    def first_denial(self, key: str) -> bool:
        """Whether wrong credentials of a key are the first ones of a minute, which are told to its owner."""
        return self._counters.add("denied", key) == 1

    def _count(self, table: str, ip: str, most: int) -> bool:
        sender = bans.sender(ip)
        if self._counters.add(table, sender) <= most:
            return False
        self._counters.put(bans.TABLE, sender, f"{table} {int(time.time())}")
        self._counters.take(table, sender)  # or what it counted until now would ban it again as soon as its ban ends
        return True

    def may_ask_dns(self, ip: str) -> bool:
        """Whether a worker may wait for DNS on behalf of `ip`: not when slow name servers have just held up others."""
        asked = self._counters.get
        return asked("slow", "dns") < MOST_SLOW_DNS and asked("slow", bans.sender(ip)) < SLOW_DNS_OF_ONE

    def asked_dns(self, ip: str, seconds: float) -> None:
        """Count a question to DNS that a worker has waited for."""
        if seconds >= SLOW_DNS:
            self._counters.add("slow", "dns")
            self._counters.add("slow", bans.sender(ip))
