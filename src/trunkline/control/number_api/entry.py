"""A request to the Number API: who sent it, by either way to say so, and its answer."""

from django.http import HttpRequest, HttpResponse

from trunkline.control.api import callers, scopes, usage
from trunkline.control.api.problems import Problem
from trunkline.control.audit.actor import KEY, Actor, acting
from trunkline.control.keys.models import MANAGE
from trunkline.control.number_api import wire
from trunkline.control.number_api.operations import OPERATIONS
from trunkline.control.number_api.parameters import Parameters
from trunkline.control.number_api.wire import Refused


def answer(request: HttpRequest) -> HttpResponse:
    try:
        return _answer(request)
    except Refused as error:
        return wire.refused(request, error)
    except Problem as problem:  # of the code that it shares with version 1
        status = problem.kind.status
        label = "" if status == 401 else problem.detail
        return wire.refused(request, Refused(label, status, problem.headers))


def of_status(request: HttpRequest, status: int) -> HttpResponse:
    """What is to be said of a request that did not get as far."""
    return wire.refused(request, Refused(status=status))


def _answer(request: HttpRequest) -> HttpResponse:
    method, operation = OPERATIONS[request.path]
    if request.method != method:
        raise Refused(status=405, headers={"Allow": method})
    asked = Parameters(request)
    caller = _caller(request, asked)
    used = usage.count(caller.account.pk)
    headers = used.headers()
    if used.left < 0:
        label = f"too many requests: an account may make {used.most} a minute"
        raise Refused(label, 429, headers | {"Retry-After": str(used.seconds)})
    callers.check_enabled(caller, method)
    scopes.check(caller.key, MANAGE)
    try:
        with acting(Actor(KEY, caller.key.name, request.META["REMOTE_ADDR"])):
            response = operation(request, caller.account, asked)
    except Refused as error:
        response = wire.refused(request, error)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _caller(request: HttpRequest, asked: Parameters) -> callers.Caller:
    """By Basic, as the newer clients do, or by two parameters, as the older ones do."""
    key, secret = asked.get("api_key"), asked.get("api_secret")
    if "Authorization" in request.headers or key is None or secret is None:
        return callers.by_basic(request)
    return callers.authenticate(key, secret, request.META["REMOTE_ADDR"])
