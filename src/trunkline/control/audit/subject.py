"""What the audit log says of the rows of a model; each audited model has one of these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _account(row: Any) -> int | None:
    return row.account_id


@dataclass(frozen=True, slots=True)
class Subject:
    """`fields` and `secret` give the words for the fields that are told of; of those in `secret`, only that they
    changed. `account` is the id of the account that a row concerns, None for the operator's alone."""

    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    name: Callable[[Any], str] = str
    account: Callable[[Any], int | None] = _account

    @property
    def told(self) -> frozenset[str]:
        return frozenset((*self.fields, *self.secret))

    def words(self, name: str) -> str:
        return self.fields.get(name) or self.secret[name]
