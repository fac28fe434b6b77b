"""Version 1: every operation, and what becomes of an error."""

import json

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.security.base import AuthBase

from trunkline import __version__
from trunkline.control import json_text
from trunkline.control.api import (
    account,
    audit,
    calls,
    keys,
    numbers,
    pbx,
    sources,
    statistics,
    trials,
    trunk,
    users,
)
from trunkline.control.api.callers import storable
from trunkline.control.api.problems import Problem, answer
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.numbers.seen import Overtaken

RESOURCES = {
    "account": account,
    "numbers": numbers,
    "keys": keys,
    "sources": sources,
    "calls": calls,
    "statistics": statistics,
    "pbx": pbx,
    "trials": trials,
    "trunk": trunk,
    "users": users,
    "audit": audit,
}


class Basic(AuthBase):
    """For the document; gate.py has found the caller before anything else was looked at."""

    openapi_type = "http"
    openapi_scheme = "basic"
    openapi_description = "The user is an API key, the password its secret (RFC 7617, in UTF-8)."

    def __call__(self, request: HttpRequest):
        return request.caller


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest):
        body = json_text.read(request.body.decode())
        if not storable(json.dumps(body, ensure_ascii=False)) or "\\u0000" in json.dumps(body):
            raise ValueError("it has characters that no text can have")
        return body


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = Api(
    title="Trunkline",
    version=__version__,
    description="What customers of a Trunkline service can do from a program. See docs/api.md.",
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    auth=Basic(),
    parser=StrictParser(),
)
for name, module in RESOURCES.items():
    api.add_router(f"/{name}", module.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(ServiceError)
def _refused(request: HttpRequest, error: ServiceError) -> HttpResponse:
    if isinstance(error, DatabaseUnavailable):
        raise error
    if isinstance(error, Overtaken):
        return answer(Problem("changed-meanwhile"))
    return answer(Problem("invalid", error))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(twice := error.__cause__, json_text.Twice):
        faults = [{"field": twice.name, "problem": "it is there twice"}]
        return answer(Problem("bad-request", f"The body cannot be understood: {twice}", errors=faults))
    return answer(Problem("bad-request", "The body is not JSON in UTF-8, or has characters that no text can have"))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"field": _field(fault["loc"]), "problem": _words(fault)} for fault in error.errors]
    told = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults[:3])
    return answer(Problem("invalid", told, errors=faults))


def _field(place: tuple) -> str:
    """`('body', 'purchase', 'number')` is the body's `number`."""
    source, *path = place
    inner = path[1:] if source == "body" else path[-1:]
    return ".".join(map(str, inner)) or "body"


def _words(fault: dict) -> str:
    match fault["type"]:
        case "missing":
            return "it is missing"
        case "extra_forbidden":
            return "there is no such field"
        case _:
            text = fault["msg"].removeprefix("Value error, ")
            return text[:1].lower() + text[1:]
