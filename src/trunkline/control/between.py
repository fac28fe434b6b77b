"""Rows of a period, for lists that are read by portions."""

from datetime import datetime

from django.db.models import QuerySet


def between(
    rows: QuerySet, field: str, since: datetime | None, until: datetime | None, before: tuple[datetime, int] | None
) -> QuerySet:
    """Those whose time, in `field`, is in a period: `since` is included, `until` is not. `before` is the time and the
    id of a row: only older ones, those of the same moment by their ids, so that portions neither miss nor repeat one.
    """
    if since:
        rows = rows.filter(**{f"{field}__gte": since})
    if until:
        rows = rows.filter(**{f"{field}__lt": until})
    if before:
        time, pk = before
        rows = rows.filter(**{f"{field}__lte": time}).exclude(**{field: time, "pk__gte": pk})
    return rows
