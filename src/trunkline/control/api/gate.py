"""The way into the API, past everything that is there for browsers: no session, no cookie, no form's token."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from trunkline.control.api import callers, document, idempotency, scopes, usage
from trunkline.control.api.paths import is_api, is_number_api
from trunkline.control.api.problems import Problem, answer
from trunkline.control.audit.actor import KEY, Actor, acting
from trunkline.control.number_api import entry as number_api

URLS = "trunkline.control.api.urls"
FROM_ANOTHER_SITE = ("cross-site", "same-site")  # of Sec-Fetch-Site, which only browsers send


class Gate:
    """A middleware: in front of those that know sessions, behind those that every request passes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_number_api(request.path):
            return _number_api(request)
        if not is_api(request.path):
            return self._get_response(request)
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        try:
            response = _answer(request)
        except Problem as problem:
            response = answer(problem)
        if head:  # RFC 9110 §9.3.2
            response.content = b""
        return response


def _number_api(request: HttpRequest) -> HttpResponse:
    if _is_from_another_site(request):
        return number_api.of_status(request, 403)
    return number_api.answer(request)


def _answer(request: HttpRequest) -> HttpResponse:
    """Raises Problem."""
    _check(request)
    match = _resolve(request)
    _check_query(request, match)
    if getattr(match.func, "public", False):
        return match.func(request, **match.kwargs)
    request.caller = callers.by_basic(request)
    used = usage.count(request.caller.account.pk)
    if used.left < 0:
        headers = used.headers() | {"Retry-After": str(used.seconds)}
        raise Problem("too-many-requests", f"An account may make {used.most} requests a minute", headers)
    actor = Actor(KEY, request.caller.key.name, request.META["REMOTE_ADDR"])
    try:
        callers.check_enabled(request.caller, request.method)
        scopes.check(request.caller.key, scopes.needed(document.resource(match.route)))
        with acting(actor):
            response = idempotency.once(request, request.caller, lambda: match.func(request, **match.kwargs))
    except Problem as problem:
        response = answer(problem)
    if response.status_code == 405:
        response = answer(Problem("method-not-allowed", headers={"Allow": response.headers["Allow"]}))
    for name, value in used.headers().items():
        response.headers[name] = value
    return response


def _resolve(request: HttpRequest) -> ResolverMatch:
    try:
        return resolve(request.path_info, URLS)
    except (Resolver404, Http404):
        raise Problem("not-found", "There is no such address: see /api/v1/ for those that exist") from None


def _check_query(request: HttpRequest, match: ResolverMatch) -> None:
    """A filter whose name is misspelt would show everything, and of one that is there twice only the last counts."""
    known = document.queries().get((document.template(match.route), request.method))
    if known is not None and (strange := sorted(set(request.GET) - known)):
        faults = [{"field": name[:50], "problem": "there is no such parameter"} for name in strange]
        raise Problem("invalid", f"There is no parameter {faults[0]['field']!r}", errors=faults)
    if twice := sorted(name for name, values in request.GET.lists() if len(values) > 1):
        faults = [{"field": name, "problem": "it is there twice"} for name in twice]
        raise Problem("invalid", f"The parameter {twice[0]!r} is there twice", errors=faults)


def _check(request: HttpRequest) -> None:
    """What holds for every request, whoever it is from."""
    if _is_from_another_site(request):
        raise Problem("forbidden")
    texts = [request.path, *(text for pair in request.GET.lists() for text in (pair[0], *pair[1]))]
    if not all(callers.storable(text) for text in texts):
        raise Problem("bad-request")
    if request.method in ("POST", "PUT", "PATCH") and request.body and request.content_type != "application/json":
        raise Problem("unsupported-media-type")


def _is_from_another_site(request: HttpRequest) -> bool:
    """A browser that knows a key and secret sends them along with whatever a page of anybody makes it request."""
    return request.headers.get("Sec-Fetch-Site") in FROM_ANOTHER_SITE
