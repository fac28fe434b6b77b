"""Endpoints from a file: all of it is checked, each fault by its endpoint, and written in one transaction."""

import tomllib
from collections.abc import Mapping, Sequence
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


def carry_out(rows: Sequence[Mapping[str, object]], *, only: bool = False, dry_run: bool = False) -> Plan:
    """Make each endpoint what its row says; a field that a row has not gets its default. Nothing is written with a
    problem, or when it is a `dry_run`. `only`: endpoints that are not in the rows are removed."""
    plan = Plan()
    with writing():
        names = [row["name"] for row in rows if isinstance(row.get("name"), str)]
        others = services.everyone().exclude(name__in=names)
        if only:
            plan.removed = list(others.values_list("name", flat=True))
        wanted = _plan(rows, [] if only else list(others), plan)
        if not plan.problems and not dry_run:
            if only:
                others.delete()
            for endpoint in wanted:
                endpoint.save()
    return plan


def _plan(rows: Sequence[Mapping[str, object]], staying: list[Endpoint], plan: Plan) -> list[Endpoint]:
    """The endpoints of the rows, each apart from those before it and from those that stay as they are, so that two may
    swap what they have."""
    wanted, names = [], [row.get("name") for row in rows]
    for row in rows:
        try:
            if names.count(row.get("name")) > 1:
                raise ServiceError("the file has it more than once")
            endpoint = _planned(row, plan)
            services.check_apart(endpoint, staying + wanted)
            wanted.append(endpoint)
        except ServiceError as error:
            plan.problems.append(Problem(str(row.get("name", "(without a name)")), str(error)))
    if not plan.problems and not any(endpoint.enabled for endpoint in staying + wanted):
        words = "with it, no endpoint is enabled, and nobody would know where to call: enable one"
        plan.problems = [Problem(endpoint.name, words) for endpoint in wanted]
    return wanted


def _planned(row: Mapping[str, object], plan: Plan) -> Endpoint:
    name = row.get("name")
    if not isinstance(name, str) or not row.get("host"):
        raise ServiceError("it needs a name and a host")
    there = Endpoint.objects.filter(name=name).first()
    wanted = services.planned(name, {key: value for key, value in row.items() if key != "name"})
    if there is None:
        plan.added.append(name)
    elif services.as_dict(there) == services.as_dict(wanted):
        plan.unchanged.append(name)
    else:
        plan.changed.append(name)
    return wanted
