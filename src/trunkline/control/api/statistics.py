"""How the account's calls of a day went, by the hour."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from trunkline.control.calls import statistics
from trunkline.control.calls.models import OUTCOMES

router = Router(tags=["statistics"])


class Hour(Schema):
    """How many calls that began in it had each outcome."""

    start: datetime
    open: int
    answered: int
    cancelled: int
    failed: int
    rejected: int


class Refusal(Schema):
    code: int | None
    reason: str
    calls: int


class Statistics(Schema):
    calls: int
    up: int = Field(description="How many are not over.")
    answered_share: float | None = Field(description="Of those that were sent on and are over: 0 to 1.")
    average_duration: float | None = Field(description="Of answered calls, s.")
    hours: list[Hour]
    refusals: list[Refusal] = Field(description="Of rejected calls, the most frequent first.")


@router.get("", response=Statistics, summary="The calls of the last 24 hours")
def get_statistics(request: HttpRequest):
    """Those that the account made and received."""
    account, now = request.caller.account, timezone.now()
    day = statistics.last_day(account, now)
    return {
        "calls": day.total,
        "up": statistics.up(account, now),
        "answered_share": day.answered_share,
        "average_duration": day.average_duration,
        "hours": [{"start": hour.start, **{name: hour.outcomes[name] for name in OUTCOMES}} for hour in day.hours],
        "refusals": [{"code": code, "reason": reason, "calls": calls} for code, reason, calls in day.refusals],
    }
