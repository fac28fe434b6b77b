"""Pages for what went wrong, each with what to do."""

import logging
import sys

from django.db import DataError, Error, IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trunkline.control.api import problems
from trunkline.control.api.paths import is_api, is_number_api
from trunkline.control.database import MOVED
from trunkline.control.errors import DatabaseUnavailable, ServiceError, sentence

log = logging.getLogger(__name__)


def page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    if is_api(request.path):
        return problems.of_status(request, status)
    if is_number_api(request.path):
        from trunkline.control.number_api import entry  # which has models, and they need Django's settings first

        return entry.of_status(request, status)
    return render(request, "error.html", {"title": title, "text": text}, status=status)


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400, "That request makes no sense", "Go back, and try again from the page itself.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(
        request,
        403,
        "This form is out of date",
        "It was not sent from a page of yours, or you have signed in or out or switched to another account since the "
        "page was opened. Open the page again and repeat what you did. Cookies must be allowed.",
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403, "You may not do that", str(exception) or "Ask an owner of your account.")


def disabled(request: HttpRequest) -> HttpResponse:
    return page(
        request,
        403,
        "Your account is disabled",
        "You can see what it has, but change nothing until whoever runs this service enables it again. Ask them.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 404, "There is no such page", "It was removed, or never was, or belongs to somebody else.")


def not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
    response = page(request, 405, "That cannot be done this way", "Go back, and use the buttons of the page.")
    response.headers["Allow"] = methods
    return response


def refused(request: HttpRequest, error: ServiceError) -> HttpResponse:
    return page(request, 422, "That cannot be done", sentence(error))


def too_large(request: HttpRequest, most: int) -> HttpResponse:
    """`most` is how many bytes are taken."""
    text = f"No more than {most:,} bytes are taken here: cut it into several parts."
    return page(request, 413, "That is too much at once", text)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    unit = "second" if seconds == 1 else "seconds"
    text = f"You asked for more in a minute than a person does. Wait {seconds} {unit}; programs use the API."
    response = page(request, 429, "Too many requests", text)
    response.headers["Retry-After"] = str(seconds)
    return response


def in_the_clear(request: HttpRequest) -> HttpResponse:
    return page(request, 403, "Only over HTTPS", "Open this page by its https:// address.")


def _passes(error: BaseException | None) -> bool:
    """A value that the database refuses is none of its faults, unless it refuses all since it was moved."""
    if isinstance(error, IntegrityError):
        return MOVED in str(error)
    return isinstance(error, (Error, DatabaseUnavailable)) and not isinstance(error, DataError)


def broken(request: HttpRequest) -> HttpResponse:
    """What to say of an exception: a database that is away passes, anything else is a fault of ours, and logged."""
    error = sys.exc_info()[1]
    if _passes(error):
        log.warning("%s: %s", request.path, error)
        return page(
            request,
            503,
            "The database does not answer",
            "Calls go on meanwhile, and none is lost from the records. Try again in a minute.",
        )
    words = "It was logged. Try again; if it happens again, tell whoever runs this service."
    return page(request, 500, "That is our fault", words)
