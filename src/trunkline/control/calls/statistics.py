"""How the calls of a day went, by the hour."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncHour

from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import ANSWERED, CANCELLED, FAILED, OPEN, REJECTED, Call

HOURS = 24
REASONS = 6  # the most frequent ones


@dataclass(slots=True)
class Hour:
    """`outcomes` counts the calls that began in the hour from `start`."""

    start: datetime
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        return self.outcomes[CANCELLED] + self.outcomes[FAILED]

    @property
    def total(self) -> int:
        return self.outcomes.total()


@dataclass(slots=True)
class Day:
    """`refusals`: (code, words, calls), the most frequent first; `talked` is the time of all answered calls, s."""

    hours: list[Hour]
    talked: float
    refusals: list[tuple[int | None, str, int]]

    def count(self, outcome: str) -> int:
        return sum(hour.outcomes[outcome] for hour in self.hours)

    @property
    def total(self) -> int:
        return sum(hour.total for hour in self.hours)

    @property
    def answered_share(self) -> float | None:
        """Of the calls that were sent on and are over, the part that was answered (ITU-T E.411); None without any."""
        answered = self.count(ANSWERED)
        tried = answered + self.count(CANCELLED) + self.count(FAILED)
        return answered / tried if tried else None

    @property
    def average_duration(self) -> float | None:
        answered = self.count(ANSWERED)
        return self.talked / answered if answered else None


def last_day(account: Account | None, now: datetime) -> Day:
    """The 24 hours to the end of this one, of an account's calls, made and received, or of all."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours = {first + timedelta(hours=n): Hour(first + timedelta(hours=n)) for n in range(HOURS)}
    talked, refusals = 0.0, Counter()
    for calls in _disjoint(account):
        calls = calls.filter(started__gte=first, started__lt=first + timedelta(hours=HOURS)).order_by()
        grouped = calls.annotate(hour=TruncHour("started", tzinfo=UTC)).values("hour", "outcome")
        for row in grouped.annotate(count=Count("pk"), seconds=Sum("duration")):
            hours[row["hour"]].outcomes[row["outcome"]] += row["count"]
            talked += (row["seconds"] or 0.0) if row["outcome"] == ANSWERED else 0.0
        rejected = calls.filter(outcome=REJECTED).values("code", "reason").annotate(count=Count("pk"))
        for row in rejected.order_by("-count")[:REASONS]:
            refusals[row["code"], row["reason"]] += row["count"]
    most = [(code, reason, count) for (code, reason), count in refusals.most_common(REASONS)]
    return Day(list(hours.values()), talked, most)


def up(account: Account | None, now: datetime) -> int:
    """How many calls have begun within a day and are not over."""
    since = now - timedelta(hours=HOURS)
    return sum(calls.filter(outcome=OPEN, started__gte=since).count() for calls in _disjoint(account))


def _disjoint(account: Account | None) -> list[QuerySet[Call]]:
    """Parts that together are the account's calls, each off one index; none has a call of another."""
    if account is None:
        return [Call.objects.all()]
    return [Call.objects.filter(account=account), Call.objects.filter(owner=account).exclude(account=account)]
