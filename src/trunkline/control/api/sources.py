"""Sources: networks whose requests are the account's without a key."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from trunkline.control.api import paging, schemas
from trunkline.control.api.problems import Problem
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.sources import by_customers, services

router = Router(tags=["sources"])


@router.get("", response=schemas.Sources, summary="The account's source networks")
def list_sources(request: HttpRequest, response: HttpResponse, query: Query[paging.Portion]):
    found = request.caller.account.sources.order_by("pk")
    if place := paging.after(query.cursor, int):
        found = found.filter(pk__gt=place[0])
    rows, following = paging.portion(request, response, found[: query.size + 1], query.size, lambda one: [one.pk])
    return {"items": [_as_dict(one) for one in rows], "next": following}


@router.post("", response={201: schemas.Source}, summary="Add a source network")
def add_source(request: HttpRequest, source: schemas.SourceToAdd):
    """At most 16 addresses of IPv4 or a /64 of IPv6, nobody else's, 20 in all; whoever runs this service can list more.
    Over UDP anybody can write any address into a packet: prefer a key where the PBX can have one."""
    account = request.caller.account
    try:
        by_customers.add(account, source.network)
    except DatabaseUnavailable:
        raise
    except ServiceError as error:
        raise Problem("invalid", error, errors=[{"field": "network", "problem": str(error)}]) from None
    network, port = services.parse(source.network)
    return _as_dict(account.sources.get(network=network, port=port))


@router.delete("/{id}", response={204: None}, summary="Remove a source network")
def remove_source(request: HttpRequest, id: int = Path(ge=1, lt=2**63)):
    one = request.caller.account.sources.filter(pk=id).first()
    if one is None:
        raise Problem("not-found", f"The account has no source {id}")
    services.remove(request.caller.account, str(one))


def _as_dict(source) -> dict[str, object]:
    return {"id": source.pk, "network": str(source)}
