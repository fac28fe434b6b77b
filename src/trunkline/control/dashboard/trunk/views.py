"""Products > Trunk: what a PBX and a firewall are configured with, and the keys and limits of the account.

A secret is in the answer to the request that made it, and nowhere else.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.accounts import services as accounts
from trunkline.control.accounts.models import Account
from trunkline.control.dashboard.pages import managed, only_managers, show, wants_part
from trunkline.control.endpoints import distances, ranges
from trunkline.control.endpoints import services as endpoints
from trunkline.control.endpoints.distances import Near
from trunkline.control.errors import ServiceError
from trunkline.control.keys import services
from trunkline.control.keys.models import CALLS, FOR_PBXS, MANAGE, OWNER, Key
from trunkline.control.pbx import services as pbx
from trunkline.pbx import registry
from trunkline.sip.codecs import CODECS, spoken

SCOPES = {
    CALLS: "calls and registers; the API refuses it",
    MANAGE: "calls and registers, and through the API manages numbers, keys and addresses and reads calls",
    OWNER: "only through the API: all that an owner can do here, including users and the audit log",
}


@require_GET
def trunk(request: HttpRequest) -> HttpResponse:
    """For htmx what stands of each key's registration, each for its own place: the whole list would undo a choice."""
    if wants_part(request):
        return render(request, "trunk/registrations.html", {"keys": _keys(request.account)})
    return page(request)


@require_GET
def ranges_text(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ranges.as_text(endpoints.published()), content_type="text/plain; charset=utf-8")


@require_GET
def ranges_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ranges.as_dict(), json_dumps_params={"indent": 2})


@require_GET
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate of our own authority, for a PBX that verifies us; 404 where it is one that systems know."""
    if not (pem := pbx.authority()):
        raise Http404
    attached = {"Content-Disposition": 'attachment; filename="trunk-ca.crt"'}
    return HttpResponse(pem, content_type="application/x-pem-file", headers=attached)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    account = managed(request)
    try:
        key, secret = services.create(account, request.POST.get("scope", MANAGE))
    except ServiceError as error:
        return page(request, refused=("", str(error)))
    return page(request, made=(key.name, secret))


@require_POST
def rotate(request: HttpRequest, name: str) -> HttpResponse:
    key = _own(request, name)
    try:
        secret = services.rotate(key)
    except ServiceError:
        return page(request, refused=(name, "It has two live secrets: end the one that no PBX uses any more, first."))
    return page(request, made=(name, secret))


@require_POST
def retire(request: HttpRequest, name: str, slot: int) -> HttpResponse:
    key = _own(request, name)
    try:
        services.retire(key, slot)
    except ServiceError:
        return page(request, refused=(name, "That secret is ended already, or it is the only one that the key has."))
    return redirect("trunk")


@require_POST
def scope(request: HttpRequest, name: str) -> HttpResponse:
    try:
        services.set_scope(_own(request, name), request.POST.get("scope", ""))
    except ServiceError as error:
        return page(request, refused=(name, str(error)))
    return redirect("/trunk/#keys")


@require_POST
def enable(request: HttpRequest, name: str) -> HttpResponse:
    services.enable(_own(request, name))
    return redirect("trunk")


@require_POST
def disable(request: HttpRequest, name: str) -> HttpResponse:
    services.enable(_own(request, name), False)
    return redirect("trunk")


def _own(request: HttpRequest, name: str) -> Key:
    only_managers(request)
    key = services.listing(request.account).filter(name=name).first()
    if key is None:
        raise Http404
    return key


def page(request: HttpRequest, made=("", ""), refused=("", ""), source=("", ""), place=("", "")) -> HttpResponse:
    """The page; `made` is a key and its secret, `refused` a key and why, `source` an address that cannot be and why,
    `place` the same of coordinates."""
    its, account = settings.TRUNKLINE, request.account
    limits = accounts.as_dict(account) if account else None
    near = distances.closest(account)
    published = sorted((one.endpoint for one in near), key=lambda endpoint: (endpoint.region, endpoint.name))
    values = {
        "section": "trunk",
        "sip": its.sip,
        "tls_floor": f"{float(its.sip.tls_floor.removeprefix('TLSv')):.1f}",
        "own_authority": bool(pbx.authority()),
        "servers": [_server(one) for one in near],
        "measured": near[0] if near[0].measured else None,
        "coordinates": _coordinates(account),
        "place_typed": place[0],
        "place_problem": place[1],
        "srv": endpoints.SRV,
        "codecs": [spoken(codec) for codec in CODECS],
        "systems": registry.systems_by_name().values(),
        "keys": _keys(account),
        "scopes": SCOPES,
        "for_pbxs": FOR_PBXS,
        "manage": MANAGE,
        "limits": limits,
        "sources": limits["sources"] if limits else [],
        "ranges": ranges.rows(published),
        "ranges_text": ranges.as_text(published),
        "made_for": made[0],
        "secret": made[1],
        "refused_for": refused[0],
        "refused": refused[1],
        "source_typed": source[0],
        "source_problem": source[1],
    }
    return show(request, "trunk/trunk.html", values, status=422 if refused[1] or source[1] or place[1] else 200)


def _keys(account: Account | None) -> list[dict[str, object]]:
    return [services.as_dict(key) for key in services.listing(account)] if account else []


def _coordinates(account: Account | None) -> str:
    return f"{account.latitude:g}, {account.longitude:g}" if account and account.latitude is not None else ""


def _server(near: Near) -> dict[str, object]:
    """An endpoint as a person configures it."""
    endpoint = near.endpoint
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    distance = ""
    if near.milliseconds is not None:
        distance = (
            f"{near.milliseconds:.0f}\N{NO-BREAK SPACE}ms"
            if near.milliseconds >= 1
            else "less than 1\N{NO-BREAK SPACE}ms"
        )
    elif near.kilometres is not None:
        distance = f"{near.kilometres:.0f}\N{NO-BREAK SPACE}km"
    shown = {"place": endpoint.city, "port": endpoint.port, "tls_port": endpoint.tls_port, "distance": distance}
    return {"host": host} | shown
