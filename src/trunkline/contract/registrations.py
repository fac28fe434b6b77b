"""What a node tells the control plane of the PBXs that registered at it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class Registered(NamedTuple):
    """Times are Unix times in s: it is registered `since`, without a break, its newest REGISTER came at `refreshed`,
    from `source` (`udp:192.0.2.7:5060`), and it ends at `until`."""

    key: str
    source: str
    user_agent: str
    since: int
    refreshed: int
    until: int


class Registrations(Protocol):
    """Every method may raise feed.Unavailable."""

    def known(self, node: str) -> list[Registered]:
        """Those that this node has told of and that have not ended."""

    def note(self, node: str, registered: Sequence[Registered], ended: Collection[str], now: int) -> None:
        """Keep those that are there or were refreshed; those of the keys in `ended` are over before their time."""
