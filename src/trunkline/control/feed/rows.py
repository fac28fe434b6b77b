"""The rows of `edge.db` that the control plane's tables come to, entity by entity (see contract/store.py)."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched

from django.db.models import Model

from trunkline.contract.store import Rows
from trunkline.control.accounts.models import Account
from trunkline.control.carriers.models import Carrier
from trunkline.control.keys.models import FOR_PBXS, Secret
from trunkline.control.numbers.models import Number
from trunkline.control.routes.models import Route
from trunkline.control.sources.models import SourceNetwork
from trunkline.sip import forward

PORTION = 2_000  # rows

type Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """One table's share of an entity kind. `columns` maps columns of `edge.db` to fields of the model;
    `entity` is the field that holds the entity's id, and `kept` what a row must fulfil to reach the edge."""

    table: str
    model: type[Model]
    entity: str
    columns: Mapping[str, str]
    kept: Mapping[str, object]
    finish: Callable[[Row], Row] = lambda row: row


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


@lru_cache(maxsize=10_000)
def _targets(text: str) -> str:
    return json.dumps([target.as_dict() for target in forward.parse(text)], separators=(",", ":"))


def _account(row: Row) -> Row:
    return row | {"enabled": int(row["enabled"]), "destinations": json.dumps(row["destinations"])}


def _number(row: Row) -> Row:
    return row | {"forward": _targets(row["forward"])}


def _carrier(row: Row) -> Row:
    return row | {"enabled": int(row["enabled"])}


def _route(row: Row) -> Row:
    return row | {"carrier_id": row["carrier_id"] or 0}


def _source(kind: str) -> Part:
    columns = _same("network", "port") | {"owner_id": f"{kind}_id"}
    kept = {f"{kind}__isnull": False}
    return Part("source", SourceNetwork, f"{kind}_id", columns, kept, lambda row: row | {"owner_kind": kind})


_LIMITS = ("caller_id", "calls_per_second", "calls_at_once", "destinations", "srtp")
_ADDRESS = ("host", "port", "transport", "username", "password", "strip", "prefix")

PARTS: Mapping[str, tuple[Part, ...]] = {
    "account": (
        Part("account", Account, "id", _same("id", "name", "enabled", *_LIMITS), {}, _account),
        _source("account"),
    ),
    "key": (
        Part(
            "credential",
            Secret,
            "key_id",
            _same("key_id", "slot", "ha1_md5", "ha1_sha256") | {"key": "key__name", "account_id": "key__account_id"},
            {"key__enabled": True, "key__scope__in": FOR_PBXS},
        ),
    ),
    "carrier": (
        Part("carrier", Carrier, "id", _same("id", "name", "enabled", *_ADDRESS), {}, _carrier),
        _source("carrier"),
    ),
    "route": (Part("route", Route, "id", _same("id", "prefix", "priority", "weight", "carrier_id"), {}, _route),),
    "number": (
        Part("number", Number, "id", _same("id", "e164", "account_id", "forward"), {"account__isnull": False}, _number),
    ),
}


def entity(kind: str, entity_id: int, alias: str) -> Rows:
    """The rows of one entity by a database alias; {} when it has none."""
    found = {part.table: list(_rows(part, alias, {part.entity: entity_id})) for part in PARTS[kind]}
    return {table: rows for table, rows in found.items() if rows}


def everything(alias: str) -> Iterator[Rows]:
    """All rows by a database alias, in portions of one table each."""
    for parts in PARTS.values():
        for part in parts:
            for rows in batched(_rows(part, alias, {}), PORTION, strict=False):
                yield {part.table: list(rows)}


def _rows(part: Part, alias: str, condition: Mapping[str, object]) -> Iterator[Row]:
    values = part.model.objects.using(alias).filter(**part.kept, **condition).values_list(*part.columns.values())
    for row in values.iterator(PORTION):
        yield part.finish(dict(zip(part.columns, row, strict=True)))
