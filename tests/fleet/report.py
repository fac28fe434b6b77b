"""What was lost, and for how long."""

from dataclasses import dataclass


@dataclass(slots=True)
class Report:
    """`lost`: of `held` calls that were up; `refused`: of `placed` calls at the node that was hit, over `seconds`;
    `failed`: those that no node carried; `recovered`: s until all is well, from the end of what happened."""

    name: str
    held: int = 0
    lost: int = 0
    placed: int = 0
    refused: int = 0
    seconds: float = 0.0
    failed: int = 0
    records_lost: int = 0
    recovered: float = 0.0

    def line(self) -> str:
        what = self.name.removeprefix("test_").replace("_", " ")
        return (
            f"{what}: {self.lost} of {self.held} calls lost; {self.refused} of {self.placed} new calls refused at the "
            f"node, over {self.seconds:.1f} s, {self.failed} carried by nobody; {self.records_lost} records lost; "
            f"well again {self.recovered:.1f} s after"
        )
