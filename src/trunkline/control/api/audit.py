"""The audit log, as far as it is the account's business."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from trunkline.control.api import paging, schemas
from trunkline.control.audit import services

router = Router(tags=["audit"])


class Change(Schema):
    field: str
    old: Any = Field(description="Null: there was nothing; if `new` is null too, it is a secret, which is not shown.")
    new: Any


class Entry(Schema):
    time: datetime
    by: str = Field(description="`user`, `key`, or others: then the operator did it.")
    who: str = Field(description="The user or the key; empty if the operator did it.")
    address: str = Field(description="Where it came from; empty if the operator did it.")
    kind: str = Field(description="The kind of thing.")
    name: str = Field(description="The name of the thing; of several, how many there were.")
    count: int = Field(description="How many things.")
    did: str = Field(description="What was done.")
    changes: list[Change]


class Audit(Schema):
    items: list[Entry]
    next: str | None = schemas.NEXT


class Filters(paging.Portion):
    who: str = Field("", max_length=254, description="Done by a user or key with this in its name.")
    kind: str = Field("", max_length=16, description="Of this kind of thing: `number`, `key`, `secret`, `user`, ...")
    name: str = Field("", max_length=254, description="Of things with this in their name.")
    since: paging.Moment | None = Field(None, description="Then or later: RFC 3339, like `2026-01-31T14:05:00Z`.")
    until: paging.Moment | None = Field(None, description="Before then.")


@router.get("", response=Audit, summary="What was done, the newest first")
def list_audit(request: HttpRequest, response: HttpResponse, query: Query[Filters]):
    """Who works for the operator of this service, and where from, is not told."""
    account = request.caller.account
    conditions = query.dict(include={"who", "kind", "name", "since", "until"})
    before = paging.moment(query.cursor)
    found = services.find(account=account, before=before, limit=query.size + 1, as_customer=True, **conditions)
    place = lambda entry: [entry.time.isoformat(), entry.pk]  # noqa: E731
    rows, following = paging.portion(request, response, services.seen(account, found), query.size, place)
    return {"items": [services.as_dict(entry) for entry in rows], "next": following}
