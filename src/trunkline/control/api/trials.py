"""Trials: a node asks the targets of a number, or calls it, and says what came of it."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from trunkline.control.api import numbers, schemas
from trunkline.control.api.paths import ROOT
from trunkline.control.api.problems import Problem
from trunkline.control.calls import services as calls
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.jobs import services
from trunkline.control.jobs.models import CALL, Job

router = Router(tags=["trials"])

LATER = {"Retry-After": "60"}


@numbers.router.post(
    "/{number}/trials", response={202: schemas.Trial}, summary="Test a number's targets, or call it", tags=["trials"]
)
def begin_trial(
    request: HttpRequest, response: HttpResponse, wanted: schemas.TrialToBegin, number: str = numbers.InPath
):
    """What comes of it is at the address that `Location` has, some seconds later. A few a minute: each has us send to
    strangers."""
    own = numbers.own_number(request, number)
    try:
        job = services.create(wanted.kind, own, request.caller.key.name)
    except DatabaseUnavailable:
        raise
    except services.TooMany as error:
        raise Problem("too-many-requests", error, LATER) from None
    except ServiceError as error:
        raise Problem("conflict", error) from None
    response.headers["Location"] = f"{ROOT}trials/{job.pk}"
    return _as_dict(job)


@router.get("/{id}", response=schemas.Trial, summary="What came of a trial")
def get_trial(request: HttpRequest, id: int = Path(ge=1, lt=2**63)):
    """For a day after it began."""
    job = services.find(request.caller.account, id)
    if job is None:
        raise Problem("not-found", f"The account has no trial {id}")
    return _as_dict(job)


def _as_dict(job: Job) -> dict[str, object]:
    result = job.result
    record = calls.with_call_id(job.account, result["call_id"], job.created) if result.get("call_id") else None
    return {
        "id": job.pk,
        "kind": job.kind,
        "number": f"+{job.number}",
        "state": job.state,
        "created": job.created,
        "finished": job.finished,
        "problem": result.get("problem", ""),
        "asked": result.get("asked", []),
        "call": record.uid if record else None,
        "code": result.get("code") if job.kind == CALL else None,
    }
