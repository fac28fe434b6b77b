"""Calls: those that the account made and received, as far as they are its business."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from trunkline.control.api import paging, schemas
from trunkline.control.api.problems import Problem
from trunkline.control.calls import advice, fault, seen, services, timeline
from trunkline.control.errors import ServiceError

router = Router(tags=["calls"])


class Filters(paging.Portion):
    number: str = Field("", max_length=64, description="Calls from or to this number.")
    party: str = Field(
        "",
        max_length=255,
        description="A carrier's name, a key, or part of a PBX's URI, among the newest 2,000 calls that fit the rest.",
    )
    outcome: schemas.Outcome | None = Field(None, description="`open`: calls that are up, or being tried.")
    since: paging.Moment | None = Field(None, description="Begun then or later: RFC 3339, like `2026-01-31T14:05:00Z`.")
    until: paging.Moment | None = Field(None, description="Begun before then.")


@router.get("", response=schemas.Calls, summary="Calls, the newest first")
def list_calls(request: HttpRequest, response: HttpResponse, query: Query[Filters]):
    """Each is there a second or two after it happened, also while it is up."""
    found = services.find(
        account=request.caller.account,
        number=query.number,
        outcome=query.outcome or "",
        party=query.party,
        since=query.since,
        until=query.until,
        before=paging.moment(query.cursor),
        limit=query.size + 1,
    )
    place = lambda call: [call.started.isoformat(), call.pk]  # noqa: E731
    rows, following = paging.portion(request, response, found, query.size, place)
    return {"items": [_shown(request, call)[0] for call in rows], "next": following}


@router.get("/{uid}", response=schemas.CallInFull, summary="One call, with its attempts and what happened when")
def get_call(request: HttpRequest, uid: str = Path(max_length=64)):
    try:
        document, call, attempts = _shown(request, services.get(uid))
    except (ServiceError, ValueError):  # none, or somebody else's: a stranger cannot tell
        raise Problem("not-found", "The account has no such call") from None
    return document | {
        "verdict": fault.in_words(call, attempts),
        "advice": advice.of(call, attempts),
        "attempts": [services.attempt_as_dict(attempt) for attempt in attempts],
        "timeline": [step._asdict() for step in timeline.steps(call, attempts)],
    }


def _shown(request: HttpRequest, call) -> tuple[dict, object, list]:
    """What the caller may see of it. Raises ValueError for a call that is none of its."""
    call, attempts = seen.by(request.caller.account, call, services.attempts(call))
    return services.as_dict(call), call, attempts
