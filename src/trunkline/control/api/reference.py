"""The reference that people read, made from the OpenAPI document; and the document. Both are for everybody."""

from collections.abc import Iterator
from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from trunkline.control.api.document import document
from trunkline.control.api.problems import KINDS
from trunkline.control.dashboard.words import marked


def public(view):
    """Answered without a key."""
    view.public = True
    return view


@public
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


@public
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "reference.html", {"resources": _resources(), "problems": _problems()})


@cache
def _resources() -> list[dict]:
    """Each resource with its operations."""
    found: dict[str, list] = {}
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    titles = {"pbx": "PBX"}
    return [
        {"name": name, "title": titles.get(name, name.capitalize()), "operations": operations}
        for name, operations in found.items()
    ]


def _problems() -> list[dict]:
    return [
        {"name": name, "status": kind.status, "title": kind.title, "said": marked(kind.remedy)}
        for name, kind in KINDS.items()
    ]


def _operation(path: str, method: str, operation: dict) -> dict:
    answers = [(int(status), said) for status, said in operation["responses"].items() if int(status) < 300]
    status, said = answers[0]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": marked(operation.get("description", "")),
        "asked": [*_parameters(operation), *_fields(_schema(operation.get("requestBody", {})), "body")],
        "status": status,
        "answered": list(_fields(_schema(said), "")),
    }


def _parameters(operation: dict) -> Iterator[dict]:
    for parameter in operation["parameters"]:
        schema = parameter["schema"]
        text = parameter.get("description") or schema.get("description", "")
        yield _row(parameter["name"], parameter["in"], schema, text, parameter.get("required", False))


def _fields(schema: dict, where: str, prefix: str = "") -> Iterator[dict]:
    """The members of an object, those of the objects in it behind a dot."""
    for name, member in schema.get("properties", {}).items():
        yield _row(prefix + name, where, member, member.get("description", ""), name in schema.get("required", ()))
        inner = _resolved(member.get("items", member))
        if "properties" in inner:
            yield from _fields(inner, where, f"{prefix}{name}.")


def _row(name: str, where: str, schema: dict, text: str, required: bool) -> dict:
    example = (schema.get("examples") or [""])[0]
    default = schema.get("default")
    return {
        "name": name,
        "where": where,
        "type": _type(schema),
        "text": marked(text),
        "required": required,
        "example": example,
        "default": "" if default in (None, "") else default,
    }


def _type(schema: dict) -> str:
    schema = _resolved(schema)
    if "anyOf" in schema:
        return " or ".join(filter(None, map(_type, schema["anyOf"])))
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema.get("format") == "date-time":
        return "time"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind = schema.get("type", "")
    return "" if kind == "null" else kind


def _schema(described: dict) -> dict:
    content = described.get("content", {}).get("application/json", {})
    return _resolved(content.get("schema", {}))


def _resolved(schema: dict) -> dict:
    if "$ref" not in schema:
        return schema
    return document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
