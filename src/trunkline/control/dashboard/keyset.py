"""Pages of lists that are ordered by a time: the next one begins after the last row of this one, however many there are
and whatever comes meanwhile."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest


def after(time: datetime, pk: int) -> str:
    """What `before` is in the address of the page after the row of this time and id."""
    return f"{time.isoformat()}~{pk}"


def links(request: HttpRequest, filters: Iterable[str], last: tuple[datetime, int] | None) -> dict[str, str]:
    """Queries for the templates: `filters`, those of these names that are set; `older`, the page after the row `last`,
    '' without one; `newest`, the first page, '' on that itself."""
    kept = {name: value for name in filters if (value := request.GET.get(name))}
    return {
        "filters": urlencode(kept),
        "older": f"?{urlencode(kept | {'before': after(*last)})}" if last else "",
        "newest": f"?{urlencode(kept)}" if request.GET.get("before") else "",
    }


def position(request: HttpRequest) -> tuple[datetime, int] | None:
    """The time and id that the page begins after; None for the first page. Raises Http404 for what is neither."""
    text = request.GET.get("before", "")
    if not text:
        return None
    started, _, pk = text.partition("~")
    try:
        moment = datetime.fromisoformat(started)
        if moment.tzinfo is None or not 0 < int(pk) < 2**63:
            raise ValueError
        return moment.astimezone(UTC), int(pk)
    except (ValueError, OverflowError):  # the latter where its zone takes a time out of the calendar
        raise Http404 from None
