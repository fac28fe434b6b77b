"""What nodes measure: the round trips between them and the PBXs of accounts.

The control plane says where PBXs may be; a node asks them and hands in what came.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

# How a PBX's address is known, the best first: it registered, calls are forwarded to it, calls came from it, it is
# listed as a source.
REGISTERED, FORWARD, CALLS, SOURCE = KNOWN = ("registered", "forward", "calls", "source")


class Target(NamedTuple):
    """Where a PBX of an account may be. `host` is an IP address or a name; `port` 0: RFC 3263 decides; `uri` is what an
    OPTIONS asks for."""

    account: int
    known: str  # of KNOWN
    host: str
    port: int
    transport: str
    uri: str


class Portion(NamedTuple):
    """Some accounts. `last` is the highest id among them, 0 when there is none further; `keys` leads from the keys that
    a PBX of theirs may have registered with to the account's id; `noted` has (account, how known, address) of all that
    the node told of them."""

    last: int
    accounts: Sequence[int]
    targets: Sequence[Target]
    keys: Mapping[str, int]
    noted: Collection[tuple[int, str, str]]


class RoundTrip(NamedTuple):
    """What a node knows of one address. Times are Unix times in s; `milliseconds` and `answered` are None when it never
    answered."""

    address: str
    asked: float
    answered: float | None
    milliseconds: float | None


class Distances(Protocol):
    """Every method may raise feed.Unavailable."""

    def portion(self, node: str, after: int, limit: int) -> Portion:
        """At most `limit` accounts with ids above `after`, by id."""

    def known(self, node: str, addresses: Iterable[str]) -> dict[str, RoundTrip]:
        """What this node has handed in of these addresses lately, for whatever account."""

    def note(self, node: str, accounts: Sequence[int], trips: Iterable[tuple[int, str, RoundTrip]]) -> None:
        """Keep (account, how known, round trip), and forget all else that the node has told of these accounts."""
