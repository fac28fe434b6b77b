"""The records of calls: a list with filters, its CSV, and one call with all that happened in it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from trunkline.control import csv_text
from trunkline.control.calls import seen, services, statistics
from trunkline.control.dashboard.calls.about import about, in_brief
from trunkline.control.dashboard.calls.form import Filters
from trunkline.control.dashboard.keyset import links, position
from trunkline.control.dashboard.pages import download, show
from trunkline.control.errors import ServiceError

PAGE = 50
MOST_IN_CSV = 10_000


@require_GET
def calls(request: HttpRequest) -> HttpResponse:
    form = Filters(request.GET)
    found = []
    if form.is_valid():
        found = services.find(account=request.account, before=position(request), limit=PAGE + 1, **form.conditions())
    last = (found[PAGE - 1].started, found[PAGE - 1].pk) if len(found) > PAGE else None
    values = links(request, form.fields, last) | {
        "section": "calls",
        "form": form,
        "rows": [in_brief(request.account, call) for call in found[:PAGE]],
        "live": statistics.up(request.account, timezone.now()),
    }
    return show(request, "calls/list.html", values, part="results", status=200 if form.is_valid() else 422)


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    form = Filters(request.GET)
    if not form.is_valid():
        raise ServiceError(form.problem())
    found = services.find(account=request.account, limit=MOST_IN_CSV, **form.conditions())
    rows = [services.as_dict(seen.by(request.account, call, services.attempts(call))[0]) for call in found]
    return download(csv_text.render(services.COLUMNS, rows), "calls.csv")


@require_GET
def call(request: HttpRequest, uid: str) -> HttpResponse:
    try:
        values = about(request.account, services.get(uid))
    except (ServiceError, ValueError):  # none, or somebody else's: a stranger cannot tell
        raise Http404 from None
    return show(request, "calls/call.html", {"section": "calls"} | values, part="record")
