"""What a node asks of the control plane: the changes to follow, and a place for the journal's events.

The node knows only these protocols; `control` implements them over the database, and the command line joins
the two. Every method may raise `Unavailable`; the node then goes on with what it has and tries again.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from trunkline.contract.journal import Event
from trunkline.contract.store import Rows


class Unavailable(Exception):
    """The database cannot be reached or did not answer; the text says why."""


class Change(NamedTuple):
    """Sequences have no gap: change n+1 follows change n, in the order in which they were committed."""

    sequence: int
    kind: str  # a key of store.ENTITIES
    entity_id: int


class Database(NamedTuple):
    """Which database answers. `identity` was made at random with its tables, and is the same in every copy and
    backup of it; `place` tells people where it is, without a password; `trouble` why it is not the replica that is
    wanted, '' where it is, or none is."""

    identity: str
    place: str
    trouble: str = ""


class Snapshot(NamedTuple):
    """All entities as of one sequence of the database with this identity, in portions that fit memory."""

    sequence: int
    portions: Iterator[Rows]
    identity: str


class Heartbeat(NamedTuple):
    """How a node fares. `instance` tells it from another one that was given the same name."""

    node: str
    instance: str
    region: str
    addresses: list[str]  # of its signalling, as others reach it
    port: int
    tls_port: int
    version: str
    started: float  # Unix time, s
    problems: dict[str, str]  # what is wrong, by part; empty: all is well
    calls: int  # that are up
    load: float  # of the machine: running processes per CPU, over a minute
    draining: bool
    cluster: str = ""  # the IP address at which it hears other nodes; '': it goes alone
    watches: bool = False  # DNS: of the nodes that do, one writes


class Standing(NamedTuple):
    """What a node hears back. `order`: DRAIN, UNDRAIN or ''; `neighbours`: where the other nodes hear each other;
    `elsewhere`: how many calls of an account are up on other nodes, by its id, where there are any; `nodes`:
    the addresses that others reach the other nodes at; `ahead`: by how many s its clock is before the database's;
    `mail`: why letters do not go out, in words, '' where they do; `endings`: the uids of calls that it is to end."""

    order: str
    neighbours: list[str]
    elsewhere: dict[int, int]
    nodes: list[str]
    ahead: float = 0.0
    mail: str = ""
    endings: Sequence[str] = ()


DRAIN, UNDRAIN = "drain", "undrain"  # orders
WATCHER_SILENT = 11.0  # s after its last heartbeat; then a node that writes DNS gives up, and another takes over


class Feed(Protocol):
    def database(self) -> Database:
        """Which database this is: another one's sequences mean nothing beside those already followed.

        Where there are copies, this is what chooses one: all else is read from it, until it is asked again.
        """

    def head(self) -> int:
        """The newest sequence; 0 before the first change."""

    def changes(self, after: int, limit: int) -> list[Change]:
        """The changes that follow sequence `after`, oldest first, at most `limit`.

        When the first one is not `after` + 1 the change log was pruned, and the node must take a snapshot.
        """

    def entity(self, kind: str, entity_id: int) -> Rows:
        """The entity's rows for `edge.db` as they are at this moment; {} when it is gone or disabled away."""

    def snapshot(self) -> Snapshot:
        """Everything, consistent with its sequence."""


class Sink(Protocol):
    def position(self, node: str, file: str) -> int:
        """How many bytes of a journal file (by its identity) are already in the database; 0 when unknown."""

    def store(self, node: str, file: str, events: Sequence[Event], position: int, since: int | None = None) -> None:
        """Add events and move the position from `since` to `position`, in one transaction.

        Raises Unavailable, and nothing is added, where the position is not `since`: a backup was restored meanwhile.
        None: wherever it is.
        """

    def settle(self, node: str, files: Collection[str], up: Collection[str], before: float) -> None:
        """End the calls of which no line will say any more how they ended, where a journal file that the database
        knows is not among `files`: it was deleted, and an older database restored. To be said when all there is was
        shipped. `up` are the calls that are not over of those that began `before` (Unix time, s).
        """

    def prune(self) -> None:
        """Remove some of the records that are older than the settings want them."""

    def heartbeat(self, beat: Heartbeat) -> Standing:
        """Note how a node fares; an order stands until its beat says that it was followed.

        Unavailable also when another node of this name has been heard lately.
        """

    def forget(self, node: str, file: str) -> None:
        """Drop the position of a file that was deleted after it was shipped whole."""
