"""For whom a page was made: a part that htmx asks for later must not show another's things on it."""

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

HEADER = "Trunkline-Made-For"  # base.html has every request of htmx bring it


def mark(request: HttpRequest) -> None:
    """`request.made_for`: the user and the account of `request.account`, as a word that tells nothing of either."""
    account = request.account.pk if request.account else ""
    request.made_for = salted_hmac(HEADER, f"{request.user.pk} {account}", algorithm="sha256").hexdigest()[:16]


def anew(request: HttpRequest) -> HttpResponse | None:
    """Where the page was made for somebody or something else, it is loaded anew instead of a part of it. What a form
    sends is refused by its token."""
    made_for = request.headers.get(HEADER)
    if made_for in (None, request.made_for):
        return None
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
