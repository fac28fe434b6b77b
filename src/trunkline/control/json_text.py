"""JSON as others write it, in which no name stands twice."""

import json
from typing import Any


class Twice(ValueError):
    """RFC 8259 §4: which of the values counts is each reader's own choice, so the writer may mean another one."""

    def __init__(self, name: str):
        super().__init__(f"it has {name[:50]!r} twice in one object")
        self.name = name[:50]


def read(text: str) -> Any:
    """Raises Twice, json.JSONDecodeError and RecursionError."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, value in pairs:
        if name in found:
            raise Twice(name)
        found[name] = value
    return found
