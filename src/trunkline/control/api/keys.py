"""Keys and their secrets: what PBXs, and this API, authenticate with."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Body, Path, Query, Router

from trunkline.control.api import key_schemas, paging, scopes
from trunkline.control.api.paths import ROOT
from trunkline.control.api.problems import Problem
from trunkline.control.errors import ServiceError
from trunkline.control.keys import services
from trunkline.control.keys.models import CALLS, MANAGE, Key

router = Router(tags=["keys"])

OPTIONAL = Body(None)
InPath = Path(description="The key.", max_length=64)


@router.get("", response=key_schemas.Keys, summary="The account's keys")
def list_keys(request: HttpRequest, response: HttpResponse, query: Query[paging.Portion]):
    found = services.listing(request.caller.account).order_by("pk")
    if place := paging.after(query.cursor, int):
        found = found.filter(pk__gt=place[0])
    rows, following = paging.portion(request, response, found[: query.size + 1], query.size, lambda key: [key.pk])
    return {"items": [services.as_dict(key) for key in rows], "next": following}


@router.post("", response={201: key_schemas.KeyWithSecret}, summary="Make a key")
def make_key(request: HttpRequest, response: HttpResponse, wanted: key_schemas.KeyToMake | None = OPTIONAL):
    """Its secret is in the answer, and nowhere else."""
    scope = wanted.scope if wanted else MANAGE
    scopes.check(request.caller.key, scope, "To make such a key")
    try:
        key, secret = services.create(request.caller.account, scope)
    except ServiceError as error:
        raise Problem("conflict", error) from None
    response.headers["Location"] = f"{ROOT}keys/{key.name}"
    return services.as_dict(key) | {"secret": secret}


@router.get("/{key}", response=key_schemas.Key, summary="One key")
def get_key(request: HttpRequest, key: str = InPath):
    return services.as_dict(own_key(request, key))


@router.patch("/{key}", response=key_schemas.Key, summary="Enable or disable a key, or change its scope")
def change_key(request: HttpRequest, change: key_schemas.KeyChange, key: str = InPath):
    """Not so that the one that the request itself is made with is refused."""
    own = _changeable_key(request, key)
    if own == request.caller.key and (change.enabled is False or change.scope == CALLS):
        raise Problem("conflict", "This request is made with that key: use another one for it")
    with transaction.atomic():
        if change.scope:
            try:
                services.set_scope(own, change.scope)
            except ServiceError as error:
                raise Problem("conflict", error) from None
        if change.enabled is not None:
            services.enable(own, change.enabled)
    return services.as_dict(own)


@router.post("/{key}/secrets", response={201: key_schemas.KeyWithSecret}, summary="Make a second secret")
def rotate_key(request: HttpRequest, response: HttpResponse, key: str = InPath):
    """Both work until one is retired."""
    own = _changeable_key(request, key)
    try:
        secret = services.rotate(own)
    except ServiceError:
        raise Problem("conflict", "The key has two secrets: retire the one that no PBX uses any more, first") from None
    response.headers["Location"] = f"{ROOT}keys/{own.name}"
    return services.as_dict(own_key(request, key)) | {"secret": secret}


@router.delete("/{key}/secrets/{slot}", response={204: None}, summary="Retire a secret")
def retire_secret(request: HttpRequest, key: str = InPath, slot: int = Path(description="1 or 2.", ge=1, le=2)):
    """Not the last one of a key, and not the one that the request itself is made with."""
    own = _changeable_key(request, key)
    live = {secret.slot for secret in own.secrets.all()}
    if slot not in live:
        raise Problem("not-found", f"The key has no secret in slot {slot}")
    if len(live) == 1:
        raise Problem("conflict", "It is the only secret of the key: make another one first, or disable the key")
    if own == request.caller.key and slot == request.caller.slot:
        raise Problem("conflict", "This request is made with that secret: use the other one to retire it")
    try:
        services.retire(own, slot)
    except ServiceError:
        raise Problem("conflict", "It was retired meanwhile, or is the only one by now") from None


def own_key(request: HttpRequest, name: str) -> Key:
    key = services.listing(request.caller.account).filter(name=name).first()
    if key is None:
        raise Problem("not-found", f"The account has no key {name[:20]!r}")
    return key


def _changeable_key(request: HttpRequest, name: str) -> Key:
    own = own_key(request, name)
    scopes.check_not_wider(request.caller.key, own)
    return own
