"""What is known of a call that is up."""

from dataclasses import dataclass, field

from trunkline.node.quality import Tally


@dataclass(slots=True)
class OpenCall:
    """An answered call. Of each pair the first is the caller's, the second the callee's."""

    uid: str
    numbers: list[str]  # E.164 digits, or what the caller called itself
    call_id: str  # the caller's; topology hiding makes the callee's of it
    sources: list[str]  # transport:ip:port that each one's messages come from
    answered: float  # Unix time, s
    tags: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)  # the Record-Routes of the answer, one entry each
    lost: float = 0.0  # since when no media relay knows it; 0: one does
    ending: str = ""  # why we are ending it
    ordered: bool = False  # somebody wants it ended, whatever its audio
    byes: int = 0  # how often we said so
    over: float = 0.0  # since when its media is to be let go; 0: it is up
    cut: str = ""  # why the edge has ended its record, which nobody has told the parties
    tallies: list[Tally] = field(default_factory=lambda: [Tally(), Tally()])
