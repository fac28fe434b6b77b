"""Conditional requests (RFC 9110 §13): of two programs that change one thing, the second learns of the first."""

import json
from hashlib import sha256
from typing import Annotated

from django.utils.http import parse_etags
from ninja import Header

from trunkline.control.numbers import services
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.seen import Seen

TAGGED = {
    "responses": {
        200: {"headers": {"ETag": {"description": "For `If-Match` of what changes it.", "schema": {"type": "string"}}}}
    }
}
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="The `ETag` that came with the number: if the number has changed since, nothing is done (412).",
    ),
]


def tag(number: Number) -> str:
    """A strong one: another one for whatever changes in what a GET answers."""
    text = json.dumps(services.as_dict(number), sort_keys=True, default=str)
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'


def seen(if_match: str | None) -> Seen | None:
    """What a number has to be for a request with this header to be carried out. A header that is no list of tags
    matches nothing."""
    if if_match is None:
        return None
    tags = parse_etags(if_match)
    return lambda number: tags == ["*"] or tag(number) in tags
