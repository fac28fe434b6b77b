"""Endpoints from a file: all of it is checked, each fault by its endpoint, and written in one transaction."""

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from trunkline.control import json_text
from trunkline.control.changes.services import writing
from trunkline.control.endpoints import services
from trunkline.control.endpoints.models import Endpoint
from trunkline.control.errors import ServiceError


class Problem(NamedTuple):
    endpoint: str
    problem: str


@dataclass(slots=True)
class Plan:
    """The names of the endpoints, by what an import does with each."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(text: str) -> list[Mapping[str, object]]:
    """The endpoints of a TOML file (`[[endpoint]]` tables), or of JSON as `trunkline endpoint list --json` prints it.

    Raises ServiceError when it is neither.
    """
    try:
        found = json_text.read(text) if text.lstrip().startswith(("[{", "[\n", "[]", "{")) else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ServiceError(f"the file is not TOML: {error}") from None
    except json_text.Twice as error:
        raise ServiceError(f"the file cannot be understood: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ServiceError(f"the file is not JSON: {error}") from None
    if isinstance(found, dict):
        if strange := sorted(set(found) - {"endpoint"}):
            raise ServiceError(f"the file has {strange[0]!r}: it holds [[endpoint]] tables and nothing else")
        found = found.get("endpoint", [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found) or not found:
        raise ServiceError("the file has no endpoint: write a [[endpoint]] table for each")
    return found


class _Undo(Exception):
    """Ends the transaction, and with it what the audit log would have been told."""


def carry_out(rows: Sequence[Mapping[str, object]], *, only: bool = False, dry_run: bool = False) -> Plan:
    """Make each endpoint what its row says; a field that a row has not gets its default. Nothing is written with a
    problem, or when it is a `dry_run`. `only`: endpoints that are not in the rows are removed."""
    plan = Plan()
    with suppress(_Undo), writing():
        _write(rows, only, plan)
        if plan.problems or dry_run:
            raise _Undo
    return plan


def _write(rows: Sequence[Mapping[str, object]], only: bool, plan: Plan) -> None:
    names = [row.get("name") for row in rows]
    if only:
        gone = services.everyone().exclude(name__in=[name for name in names if isinstance(name, str)])
        plan.removed = list(gone.values_list("name", flat=True))
        gone.delete()
    # The enabled ones first: a disabled one must find another that is enabled.
    for row in sorted(rows, key=lambda row: row.get("enabled") is False):
        try:
            if names.count(row.get("name")) > 1:
                raise ServiceError("the file has it more than once")
            _put(row, plan)
        except ServiceError as error:
            plan.problems.append(Problem(str(row.get("name", "(without a name)")), str(error)))


def _put(row: Mapping[str, object], plan: Plan) -> None:
    name = row.get("name")
    if not isinstance(name, str) or not row.get("host"):
        raise ServiceError("it needs a name and a host")
    there = Endpoint.objects.filter(name=name).first()
    wanted = services.put(name, {key: value for key, value in row.items() if key != "name"})
    if there is None:
        plan.added.append(name)
    elif services.as_dict(there) == services.as_dict(wanted):
        plan.unchanged.append(name)
    else:
        plan.changed.append(name)
