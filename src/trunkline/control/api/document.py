"""The OpenAPI document of version 1: ninja's, with what holds for every operation."""

import re
from functools import cache

from trunkline.control.api.paths import ROOT
from trunkline.control.api.problems import KINDS, MEDIA_TYPE
from trunkline.control.api.scopes import OWNERS
from trunkline.control.api.v1 import api

_EVERYWHERE = (400, 401, 403, 422, 429, 500, 503)
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `type` is the problem's name, behind the address of the reference.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "enum": [f"{ROOT}#{name}" for name in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
        "entry": {"type": "integer", "description": "Of a *Forward to SIP* list: the faulty URI's place, from 1."},
        "start": {"type": "integer"},
        "end": {"type": "integer"},
    },
}
_IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A text of your choice, a new one for each thing that you want done. A request that is sent again "
    "with it within 24 hours is not carried out again, but gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_HEADERS = {
    "RateLimit-Policy": 'How many requests a minute the account may make: `"account";q=600;w=60`.',
    "RateLimit": 'How many are left, and the seconds until all are available again: `"account";r=599;t=42`.',
}


@cache
def document() -> dict:
    made = api.get_openapi_schema(path_prefix=ROOT)
    made["components"]["schemas"]["Problem"] = _PROBLEM
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method, "{" in path)
    return made


@cache
def queries() -> dict[tuple[str, str], frozenset[str]]:
    """The names that a query may have, by the path's template and the method."""
    return {
        (path, method.upper()): frozenset(p["name"] for p in operation["parameters"] if p["in"] == "query")
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def template(route: str) -> str:
    """A Django route as OpenAPI writes it: `api/v1/keys/<key>` is `/api/v1/keys/{key}`."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def resource(route: str) -> str:
    """`users` of `api/v1/users/<name>`."""
    return template(route).removeprefix(ROOT).partition("/")[0]


def _complete(operation: dict, method: str, one: bool) -> None:
    statuses = set(_EVERYWHERE) | ({404} if one else set())
    if method in ("post", "put", "patch"):
        statuses |= {413, 415}
    if method in ("post", "patch", "delete"):
        statuses.add(409)
    if any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
        statuses.add(412)
    if method == "post":
        operation["parameters"] = [*operation["parameters"], _IDEMPOTENCY]
    if operation["tags"][0] in OWNERS:
        operation["description"] = f"{operation.get('description', '')}\n\nTakes a key of scope `owner`.".strip()
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()}
    for said in operation["responses"].values():
        said["headers"] = said.get("headers", {}) | headers
    for status in sorted(statuses):
        titles = [kind.title for kind in KINDS.values() if kind.status == status]
        operation["responses"][status] = {
            "description": "; ".join(titles),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    operation["responses"] = {str(status): said for status, said in sorted(operation["responses"].items())}
