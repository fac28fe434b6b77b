"""Pictures as numbers: where the rectangles and words of an SVG go. Pure; the template writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trunkline.control.calls.models import ANSWERED, OPEN, REJECTED
from trunkline.control.calls.statistics import Hour

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 220, 40, 10, 24  # user units of the SVG
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str  # 'answered', 'unanswered' or 'rejected'
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` are (y, calls), `hours` (x, hour of the day, UTC)."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    hours: list[tuple[float, str]]


def bars(hours: Sequence[Hour]) -> Chart:
    """Calls per hour, stacked by what became of them."""
    top = scale(max(hour.total for hour in hours))
    slot, tall = (WIDTH - LEFT) / len(hours), HEIGHT - TOP - BOTTOM
    found = []
    for n, hour in enumerate(hours):
        base = TOP + tall
        for kind, count in (
            ("answered", hour.outcomes[ANSWERED] + hour.outcomes[OPEN]),
            ("unanswered", hour.unanswered),
            ("rejected", hour.outcomes[REJECTED]),
        ):
            height = tall * count / top
            base -= height
            if count:
                x = LEFT + n * slot + 0.15 * slot
                found.append(Bar(kind, round(x, 2), round(base, 2), round(0.7 * slot, 2), round(height, 2)))
    lines = [(round(TOP + tall * (1 - part), 2), int(top * part)) for part in (0, 0.5, 1) if (top * part) % 1 == 0]
    labels = [(round(LEFT + (n + 0.5) * slot, 2), _hour(hour.start)) for n, hour in enumerate(hours) if n % 3 == 2]
    return Chart(found, lines, labels)


def scale(most: int) -> int:
    """The end of an axis that goes up to `most`: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= most:
                return step * power
        power *= 10


def shares(refusals: Sequence[tuple[int | None, str, int]]) -> list[dict[str, object]]:
    """Rows of a bar each, the longest 100 wide."""
    most = max((count for *_, count in refusals), default=1)
    return [
        {"code": code, "reason": reason, "count": count, "width": round(100 * count / most, 1)}
        for code, reason, count in refusals
    ]


def _hour(start: datetime) -> str:
    return f"{start:%H}:00"
