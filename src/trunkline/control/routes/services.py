"""What can be done with routes, and which of them a number takes."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q, QuerySet

from trunkline.control.carriers.models import Carrier
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.routes.models import Route
from trunkline.control.words import check_count, check_e164, check_prefix, missing
from trunkline.sip.number import prefixes

PRIORITY, WEIGHT = 10, 10  # the defaults


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that a number may take. `share`, 0 to 1, is how often it comes first among its priority. One without a
    carrier is alone: calls are refused."""

    route: Route
    share: float


def get(route_id: int) -> Route:
    route = Route.objects.select_related("carrier").filter(pk=route_id).first()
    if route is None:
        raise missing("route", str(route_id), "see `trunkline route list` for the ids of the routes")
    return route


def everyone() -> QuerySet[Route]:
    return Route.objects.select_related("carrier").order_by("prefix", "priority", "-weight", "pk")


def add(prefix: str, carrier: Carrier, *, priority: int = PRIORITY, weight: int = WEIGHT) -> Route:
    """Let a carrier serve the numbers of a prefix ('': every number). Lower priorities are tried first."""
    prefix = check_prefix(prefix)
    check_count("priority", priority, 0, 65535)
    check_count("weight", weight, 0, 65535)
    with writing() as log:
        there = Route.objects.filter(prefix=prefix, carrier=carrier).first()
        if there:
            raise ServiceError(
                f"carrier {carrier.name!r} already serves prefix {prefix or '(every number)'} by route {there.pk}: "
                f"change that one with `trunkline route set {there.pk}`"
            )
        route = Route.objects.create(prefix=prefix, carrier=carrier, priority=priority, weight=weight)
        log.note("route", route.pk)
    return route


def refuse(prefix: str) -> Route:
    """Have calls to the numbers of a prefix refused, whatever carriers serve it; a longer one goes before."""
    prefix = check_prefix(prefix)
    with writing() as log:
        there = Route.objects.filter(prefix=prefix, carrier=None).first()
        if there:
            raise ServiceError(
                f"calls to {prefix or 'every number'} are refused already: see `trunkline route remove {there.pk}`"
            )
        route = Route.objects.create(prefix=prefix, carrier=None, priority=0, weight=0)
        log.note("route", route.pk)
    return route


def beyond(route: Route) -> QuerySet[Route]:
    """The routes of longer prefixes, which go before one that refuses."""
    return everyone().filter(prefix__startswith=route.prefix, carrier__enabled=True).exclude(prefix=route.prefix)


def change(route: Route, *, priority: int | None = None, weight: int | None = None) -> Route:
    """Change what is given."""
    given = {"priority": priority, "weight": weight}
    given = {name: check_count(name, value, 0, 65535) for name, value in given.items() if value is not None}
    with writing() as log:
        if given and Route.objects.filter(pk=route.pk).update(**given):
            log.note("route", route.pk)
        route.refresh_from_db()
    return route


def remove(route: Route) -> None:
    with writing() as log:
        log.note("route", route.pk)
        route.delete()


def which(number: str) -> list[Candidate]:
    """The routes that a call to this number tries, those of the longest prefix with an enabled carrier, or refused.

    In the order of the priorities; among equals the edge draws lots by the shares for each call.
    """
    digits = check_e164(number)
    usable = everyone().filter(Q(carrier__enabled=True) | Q(carrier=None), prefix__in=prefixes(digits))
    longest = max((len(route.prefix) for route in usable), default=0)
    refused = [route for route in usable if len(route.prefix) == longest and route.carrier is None]
    if refused:
        return [Candidate(refused[0], 1.0)]
    chosen = sorted(
        (route for route in usable if len(route.prefix) == longest), key=lambda r: (r.priority, -r.weight, r.pk)
    )
    candidates = []
    for _, equals in groupby(chosen, key=lambda route: route.priority):
        group = list(equals)
        total = sum(route.weight for route in group)
        candidates += [Candidate(route, route.weight / total if total else 1 / len(group)) for route in group]
    return candidates


def disabled(number: str) -> QuerySet[Route]:
    """The routes of a number that are left out because their carriers are disabled."""
    return everyone().filter(prefix__in=prefixes(check_e164(number)), carrier__enabled=False)


def as_dict(route: Route) -> dict[str, object]:
    return {
        "id": route.pk,
        "prefix": route.prefix,
        "priority": route.priority,
        "weight": route.weight,
        "carrier": route.carrier.name if route.carrier else None,
        "enabled": route.carrier is None or route.carrier.enabled,
    }


def dialled(route: Route, number: str) -> str:
    """How the carrier of a route gets a number: what it strips taken off, its prefix put before."""
    return route.carrier.prefix + check_e164(number)[route.carrier.strip :]
