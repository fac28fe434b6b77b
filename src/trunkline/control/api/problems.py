"""What is answered when something is wrong: problem details (RFC 9457), in words that say what to do."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from trunkline.control.api.paths import ROOT
from trunkline.control.errors import sentence

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """`remedy` is said where nobody says anything better."""

    status: int
    title: str
    remedy: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(
        400, "The request makes no sense", "Check the host name, the address and the body: JSON in UTF-8, without NUL."
    ),
    "not-authenticated": Kind(
        401, "The key or the secret is not right", "Send an API key and its secret by HTTP Basic (RFC 7617)."
    ),
    "account-disabled": Kind(
        403,
        "The account is disabled",
        "The account is disabled: it can read what it has, but change nothing. Ask whoever runs this service.",
    ),
    "forbidden": Kind(403, "That is refused", "Use HTTPS, from a program: no page of another site may call the API."),
    "scope-too-narrow": Kind(403, "The key may not do that", "Use a key of the account that has the scope for it."),
    "buying-refused": Kind(403, "The account may not buy or release that", "Ask whoever runs this service."),
    "not-found": Kind(404, "There is no such thing", "It was removed, or never was, or is somebody else's."),
    "method-not-allowed": Kind(405, "That cannot be done here", "Use one of the methods that `Allow` names."),
    "not-for-sale": Kind(409, "The number is not for sale", "Search for one that is."),
    "conflict": Kind(409, "That cannot be done as things are", "See what there is, then try again."),
    "changed-meanwhile": Kind(
        412, "It has changed since you got it", "Get it again, and send your change with the new `ETag` in `If-Match`."
    ),
    "too-large": Kind(413, "That is too much at once", "A request has at most 100,000 bytes, with a Content-Length."),
    "unsupported-media-type": Kind(
        415, "The body is not JSON", "Send the body as JSON, with `Content-Type: application/json`."
    ),
    "invalid": Kind(422, "Something in the request is wrong", "`errors` says which fields are, and why."),
    "idempotency-key-reused": Kind(
        422, "The Idempotency-Key was used for something else", "Make a new one for each thing that you want done."
    ),
    "too-many-requests": Kind(429, "Too many requests", "Wait as many seconds as `Retry-After` says."),
    "our-fault": Kind(500, "That is our fault", "It was logged. Try again; if it stays, tell whoever runs it."),
    "database-away": Kind(
        503, "The database does not answer", "Calls go on meanwhile, and none is lost. Try again in a minute."
    ),
}


class Problem(Exception):
    """Ends a request. `name` is one of KINDS; `more` are members beside those of every problem."""

    def __init__(self, name: str, detail: object = "", headers: Mapping[str, str] | None = None, **more: object):
        super().__init__(name, str(detail))
        self.name, self.kind = name, KINDS[name]
        self.detail = sentence(detail) or self.kind.remedy
        self.headers, self.more = headers or {}, more


def answer(problem: Problem) -> HttpResponse:
    document = {
        "type": f"{ROOT}#{problem.name}",
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        **problem.more,
    }
    return HttpResponse(
        json.dumps(document), status=problem.kind.status, content_type=MEDIA_TYPE, headers=dict(problem.headers)
    )


def of_status(request: HttpRequest, status: int) -> HttpResponse:
    """What is to be said of a request that did not get as far as the API's own code."""
    names = {kind.status: name for name, kind in reversed(KINDS.items())} | {403: "forbidden"}
    return answer(Problem(names[status]))
