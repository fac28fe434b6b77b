"""Which addresses the edge does not answer, and the end of a ban before its time, by Kamailio's RPC."""

import time
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract import bans
from trunkline.node import probes

MANY = 500  # that fit an answer of Kamailio's for sure, which is one datagram
NOT_FOUND = 404


class TooMany(Exception):
    """More are banned than Kamailio can list, as in a flood of forged addresses; how many."""

    def __init__(self, count: int):
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Ban:
    """`address`: for IPv6 the /64; `seconds`: until it ends."""

    address: str
    why: str
    seconds: int


def listing(rpc: Path, ban_seconds: int) -> list[Ban]:
    """The longest to come first. Raises probes.Silent and TooMany."""
    try:
        slots = probes.kamailio_rpc(rpc, "htable.dump", bans.TABLE)
    except probes.Unheard:
        if (count := _count(rpc)) > MANY:  # it says no word of an answer that is too long to be sent
            raise TooMany(count) from None
        raise
    found = [_ban(entry["name"], entry["value"], ban_seconds) for slot in slots for entry in slot["slot"]]
    return sorted(found, key=lambda ban: (-ban.seconds, ban.address))


def end(rpc: Path, address: str) -> bool:
    """End the ban of an address, or of its /64; False when there is none. Raises probes.Silent."""
    try:
        probes.kamailio_rpc(rpc, "htable.delete", bans.TABLE, bans.sender(address))
    except probes.Refused as error:
        if error.code == NOT_FOUND:
            return False
        raise
    return True


def _count(rpc: Path) -> int:
    tables = probes.kamailio_rpc(rpc, "htable.stats")
    return next(table["all"] for table in tables if table["name"] == bans.TABLE)


def _ban(address: str, value: str, ban_seconds: int) -> Ban:
    why, _, begun = value.partition(" ")
    return Ban(address, bans.WHY.get(why, why), max(0, int(begun) + ban_seconds - int(time.time())))
