"""How the account's calls of a day went, by the hour."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from trunkline.control.api import schemas
from trunkline.control.calls import statistics
from trunkline.control.calls.models import OUTCOMES

router = Router(tags=["statistics"])


@router.get("", response=schemas.Statistics, summary="The calls of the last 24 hours")
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
