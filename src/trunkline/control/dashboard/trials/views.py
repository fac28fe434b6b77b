"""*Test* and *Call* beside a number: a node tries what its *Forward to SIP* list comes to, and the page shows it.

The node that works it off is not us: the page asks every second until there is a result.
"""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.calls import services as calls
from trunkline.control.dashboard.calls.about import about
from trunkline.control.dashboard.pages import wants_part
from trunkline.control.errors import ServiceError
from trunkline.control.jobs import services
from trunkline.control.jobs.models import CALL, DONE, LOST, OPTIONS, Job
from trunkline.control.numbers.services import listing

RECORD_TAKES = timedelta(seconds=15)  # from the end of a call to its whole record, at most


@require_POST
def test(request: HttpRequest, digits: str) -> HttpResponse:
    return _begin(request, OPTIONS, digits)


@require_POST
def call(request: HttpRequest, digits: str) -> HttpResponse:
    return _begin(request, CALL, digits)


@require_GET
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    job = services.find(request.account, pk)
    if job is None:
        raise Http404
    return _shown(request, job)


def _begin(request: HttpRequest, kind: str, digits: str) -> HttpResponse:
    number = listing(request.account).filter(e164=digits).first()
    if number is None:
        raise Http404
    try:
        job = services.create(kind, number, request.user.name)
    except ServiceError as error:
        if not wants_part(request):
            raise
        return render(request, "trials/refused.html", {"problem": str(error)}, status=422)
    return _shown(request, job) if wants_part(request) else redirect("trial", pk=job.pk)


def _shown(request: HttpRequest, job: Job) -> HttpResponse:
    record = _record(request, job)
    values = {
        "section": "numbers",
        "job": job,
        "is_call": job.kind == CALL,
        "done": job.state == DONE,
        "lost": job.state == LOST,
        "asked": job.result.get("asked", []),
        "problem": job.result.get("problem", ""),
        "record": record,
        "again": job.is_open or _is_to_come(job, record),
    }
    return render(request, "trials/panel.html" if wants_part(request) else "trials/trial.html", values)


def _record(request: HttpRequest, job: Job) -> dict | None:
    """What the page of the call says; None while there is no record."""
    call_id = job.result.get("call_id") if job.kind == CALL else ""
    found = calls.with_call_id(job.account, call_id, job.created) if call_id else None
    return about(request.account, found) if found else None


def _is_to_come(job: Job, record: dict | None) -> bool:
    """Whether there will be more of the call's record in a moment."""
    if not job.finished or not job.result.get("call_id"):
        return False
    return (record is None or record["open"]) and timezone.now() - job.finished < RECORD_TAKES
