"""Which addresses the edge does not answer, and the end of a ban before its time, by Kamailio's RPC."""

import time
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract import bans
from trunkline.node import probes


@dataclass(frozen=True, slots=True)
class Ban:
    """`address`: for IPv6 the /64; `seconds`: until it ends."""

    address: str
    why: str
    seconds: int


def listing(rpc: Path, ban_seconds: int) -> list[Ban]:
    """The longest to come first. Raises probes.Silent."""
    slots = probes.kamailio_rpc(rpc, "htable.dump", bans.TABLE)
    found = [_ban(entry["name"], entry["value"], ban_seconds) for slot in slots for entry in slot["slot"]]
    return sorted(found, key=lambda ban: (-ban.seconds, ban.address))


def end(rpc: Path, address: str) -> bool:
    """End the ban of an address, or of its /64; False when there is none. Raises probes.Silent."""
    sender = bans.sender(address)
    if all(ban.address != sender for ban in listing(rpc, 0)):
        return False
    probes.kamailio_rpc(rpc, "htable.delete", bans.TABLE, sender)
    return True


def _ban(address: str, value: str, ban_seconds: int) -> Ban:
    why, _, begun = value.partition(" ")
    return Ban(address, bans.WHY.get(why, why), max(0, int(begun) + ban_seconds - int(time.time())))
