"""Long lists by portions: a cursor says where the next one begins, so that pages neither miss nor repeat anything."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field

from trunkline.control.api.problems import Problem

MOST = 100


def _in_utc(time: datetime) -> datetime:
    """Raises ValueError for a time whose zone takes it out of the calendar, which no database could compare with."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it is before the year 1 or after the year 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Portion(Schema, extra="forbid"):
    """The query of every list."""

    size: int = Field(50, ge=1, le=MOST, description="How many at most.")
    cursor: str | None = Field(None, max_length=200, description="`next` of the portion before this one.")


def after(text: str | None, *types: type) -> list | None:
    """What the cursor holds, each of its type; None without one. Raises Problem for one that we did not make."""
    if text is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        if [type(value) for value in values] == list(types) and all(
            value.isascii() and value.isprintable() if isinstance(value, str) else 0 <= value < 2**63
            for value in values
        ):
            return values
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise not_ours()


def moment(text: str | None) -> tuple[datetime, int] | None:
    """The time and the id that a cursor holds, where a list is by time. Raises Problem."""
    if (place := after(text, str, int)) is None:
        return None
    try:
        time = datetime.fromisoformat(place[0])
        if time.tzinfo is None:
            raise not_ours()
        return _in_utc(time), place[1]
    except ValueError:
        raise not_ours() from None


def not_ours() -> Problem:
    fault = {"field": "cursor", "problem": "it is not one of ours"}
    return Problem("invalid", "That cursor is not one of ours: start again without one", errors=[fault])


def portion(
    request: HttpRequest, response: HttpResponse, rows: Sequence, size: int, place: Callable[[object], list]
) -> tuple[list, str | None]:
    """The rows of one portion of at most `size`, and the cursor of the next; `rows` has one more when there is a next.

    `place` says where a row is, as `after` gives it back. The next portion is also a link (RFC 8288).
    """
    if len(rows) <= size:
        return list(rows), None
    shown = list(rows[:size])
    cursor = base64.urlsafe_b64encode(json.dumps(place(shown[-1])).encode()).decode().rstrip("=")
    query = request.GET.copy()
    query["cursor"] = cursor
    response.headers["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return shown, cursor
