"""What was lost, and for how long."""

from dataclasses import dataclass

HEAD = (
    "| what is lost | calls lost, of those up | new calls that the node did not take, of those placed there first "
    "| carried by nobody | records lost, of calls answered | serves again after | out of DNS |",
    "|---|---|---|---|---|---|---|",
)


@dataclass(slots=True)
class Report:
    """`lost`: of `held` calls that were up; `refused`: of `placed` calls that tried the node that was hit first, over
    `seconds`; `failed`: those that no node carried; `unrecorded`: of the `answered`; `recovered`: s until it serves,
    from the end of what happened; `left` and `back`: s from the beginning until DNS did not lead to it, and from the
    end until it did again, None: it always did.
    """

    name: str
    held: int = 0
    lost: int = 0
    placed: int = 0
    refused: int = 0
    seconds: float = 0.0
    failed: int = 0
    answered: int = 0
    unrecorded: int = 0
    recovered: float = 0.0
    left: float | None = None
    back: float | None = None

    def line(self) -> str:
        """Its row of the table in docs/reliability.md."""
        what = self.name.removeprefix("test_").replace("_", " ")
        over = f", over {self.seconds:.1f} s" if self.refused else ""
        absent = (
            "-"
            if self.left is None or self.back is None
            else f"after {self.left:.1f} s, in again {self.back:.1f} s after the end"
        )
        return (
            f"| {what} | {self.lost} of {self.held} | {self.refused} of {self.placed}{over} | {self.failed} "
            f"| {self.unrecorded} of {self.answered} | {self.recovered:.1f} s | {absent} |"
        )
