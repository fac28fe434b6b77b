"""Answers in the forms of the Number API: JSON, or XML where that is asked for. Unset fields are left out."""

import json
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from django.http import HttpRequest, HttpResponse

JSON, XML = "application/json", ("text/xml", "application/xml")
FAILED = 420  # "method failed", a status of theirs
LABELS = {400: "bad request", 401: "authentication failed", 403: "forbidden", 404: "not found",
          405: "method not allowed", 413: "request too large", 429: "too many requests",
          500: "internal error", 503: "service unavailable"}  # fmt: skip

_ELEMENTS = {
    "error-code": "error-code",
    "error-code-label": "error-code-label",
    "voiceCallbackType": "voice-callback-type",
    "voiceCallbackValue": "voice-callback-value",
}


class Refused(Exception):
    """Ends a request. `status` is the HTTP status and the error code."""

    def __init__(self, label: object = "", status: int = FAILED, headers: Mapping[str, str] | None = None):
        super().__init__(str(label))
        self.status, self.headers = status, headers or {}
        self.label = str(label) or LABELS.get(status, "method failed")


def done(
    request: HttpRequest, code: int = 200, label: str = "success", headers: Mapping[str, str] = ()
) -> HttpResponse:
    document = {"error-code": str(code), "error-code-label": label}
    return _answer(request, "response", document, code, headers)


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return done(request, error.status, error.label, error.headers)


def numbers(request: HttpRequest, count: int, found: Iterable[Mapping[str, object]]) -> HttpResponse:
    """A portion of `count` numbers; nothing at all when there is none."""
    rows = list(found)
    document = {"count": count, "numbers": rows} if count else {}
    return _answer(request, "inbound-numbers", document, 200, {})


def _answer(
    request: HttpRequest, root: str, document: Mapping, status: int, headers: Mapping[str, str]
) -> HttpResponse:
    kind = request.get_preferred_type([JSON, *XML]) or JSON
    if kind == JSON:
        content = json.dumps(document).encode()
    else:
        element = ElementTree.Element(root)
        _fill(element, document)
        content = ElementTree.tostring(element, encoding="UTF-8", xml_declaration=True)
    return HttpResponse(content, status=status, content_type=f"{kind}; charset=utf-8", headers=dict(headers))


def _fill(element: ElementTree.Element, document: Mapping[str, object]) -> None:
    """Each number is an element `numbers` of its own, each feature a `feature`."""
    for name, value in document.items():
        if name == "numbers":
            for row in value:
                _fill(ElementTree.SubElement(element, name), row)
        elif name == "features":
            features = ElementTree.SubElement(element, name)
            for feature in value:
                ElementTree.SubElement(features, "feature").text = feature
        else:
            ElementTree.SubElement(element, _ELEMENTS.get(name, name)).text = str(value)
