"""How carriers do: what became of the calls that were sent to them, as the records tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trunkline.control.calls import fault
from trunkline.control.calls.models import Attempt
from trunkline.control.carriers.models import Carrier

WINDOW = timedelta(days=1)
NEWEST = 200  # attempts that are looked at, so that a busy carrier costs no more than a quiet one
SERIES = 5  # failures in a row, and nothing after them: it is down
OFTEN = 0.1  # of the attempts: more failures than that are no accident
UNKNOWN, GOOD, POOR, DOWN = ("unknown", "good", "poor", "down")


@dataclass(frozen=True, slots=True)
class Health:
    """Of the newest attempts within a day that are over: how many, how many were answered, and how many failed by the
    carrier's own fault (silence, 5xx, no connection); and the last such failure."""

    attempts: int = 0
    answered: int = 0
    failed: int = 0
    in_a_row: int = 0
    last_failure: Attempt | None = None

    @property
    def answered_share(self) -> float | None:
        """The answer-seizure ratio (ITU-T E.411), 0 to 1."""
        return self.answered / self.attempts if self.attempts else None

    @property
    def state(self) -> str:
        if not self.attempts:
            return UNKNOWN
        if self.in_a_row >= SERIES or self.failed == self.attempts:
            return DOWN
        return POOR if self.failed > OFTEN * self.attempts else GOOD


def of(carriers: Iterable[Carrier], now: datetime) -> dict[int, Health]:
    """By the carriers' ids; one query for each, off one index."""
    return {carrier.pk: _of(_newest(carrier.name, now)) for carrier in carriers}


def as_dict(health: Health) -> dict[str, object]:
    """For commands; `answered_share` is 0 to 1, or None without any attempt."""
    return {
        "health": health.state,
        "attempts": health.attempts,
        "answered_share": health.answered_share,
        "failed": health.failed,
        "last_failure": health.last_failure.ended if health.last_failure else None,
    }


def in_words(health: Health) -> str:
    """`31% of the last 200 calls answered, 4 failed`"""
    if not health.attempts:
        return "no call in the last day"
    if health.attempts == 1:
        return (
            f"the last call {'was answered' if health.answered else 'failed' if health.failed else 'was not answered'}"
        )
    failed = f", {health.failed} failed" if health.failed else ""
    return f"{health.answered_share:.0%} of the last {health.attempts} calls answered{failed}"


def _newest(name: str, now: datetime) -> list[Attempt]:
    found = Attempt.objects.filter(kind="carrier", target=name, started__gte=now - WINDOW).order_by("-started")
    return [attempt for attempt in found[:NEWEST] if attempt.ended]


def _of(newest_first: list[Attempt]) -> Health:
    failures = [fault.is_outage(attempt) for attempt in newest_first]
    return Health(
        attempts=len(newest_first),
        answered=sum(200 <= (attempt.code or 0) <= 299 for attempt in newest_first),
        failed=sum(failures),
        in_a_row=failures.index(False) if False in failures else len(failures),
        last_failure=next((attempt for attempt, failed in zip(newest_first, failures, strict=True) if failed), None),
    )
