"""The first page: how the last day's calls went."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from trunkline.control.calls import statistics
from trunkline.control.calls.models import REJECTED
from trunkline.control.dashboard.overview import chart
from trunkline.control.dashboard.pages import show
from trunkline.control.keys import denials
from trunkline.control.keys import services as keys
from trunkline.control.numbers.services import going_nowhere, listing

MOST_DENIED = 3  # keys that are told of: an account may have hundreds


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    day = statistics.last_day(request.account, now)
    share = day.answered_share
    numbers = listing(request.account)
    denied = denials.recent(keys.listing(request.account)) if request.account else []
    values = {
        "section": "overview",
        "day": day,
        "share": None if share is None else round(100 * share),
        "rejected": day.count(REJECTED),
        "up": statistics.up(request.account, now),
        "chart": chart.bars(day.hours) if day.total else None,
        "refusals": chart.shares(day.refusals),
        "denied": [keys.as_dict(key) for key in denied[:MOST_DENIED]],
        "numbers": numbers.count(),
        "nowhere": going_nowhere(numbers).count(),
    }
    return show(request, "overview/overview.html", values)
