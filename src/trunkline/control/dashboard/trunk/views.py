"""Products > Trunk: what a PBX is configured with, and the keys and limits of the account.

A secret is in the answer to the request that made it, and nowhere else.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.accounts import services as accounts
from trunkline.control.dashboard.pages import only_managers, show
from trunkline.control.errors import ServiceError
from trunkline.control.keys import services
from trunkline.control.keys.models import Key


@require_GET
def trunk(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    only_managers(request)
    if request.account is None:
        raise Http404
    key, secret = services.create(request.account)
    return _page(request, made=(key.name, secret))


@require_POST
def rotate(request: HttpRequest, name: str) -> HttpResponse:
    key = _own(request, name)
    live = key.secrets.count()
    if live == len(services.SLOTS):
        return _page(request, refused=(name, "It has two live secrets: end the one that no PBX uses any more, first."))
    return _page(request, made=(name, services.rotate(key)))


@require_POST
def retire(request: HttpRequest, name: str, slot: int) -> HttpResponse:
    key = _own(request, name)
    try:
        services.retire(key, slot)
    except ServiceError:
        return _page(request, refused=(name, "That secret is ended already, or it is the only one that the key has."))
    return redirect("trunk")


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


def _page(request: HttpRequest, made=("", ""), refused=("", "")) -> HttpResponse:
    """The page; `made` is a key and its secret, `refused` a key and why."""
    sip, address = settings.TRUNKLINE.sip, settings.TRUNKLINE.sip_advertised
    values = {
        "section": "trunk",
        "sip": sip,
        "address": f"[{address}]" if ":" in address else address,
        "keys": [services.as_dict(key) for key in services.listing(request.account)] if request.account else [],
        "limits": accounts.as_dict(request.account) if request.account else None,
        "made_for": made[0],
        "secret": made[1],
        "refused_for": refused[0],
        "refused": refused[1],
    }
    return show(request, "trunk/trunk.html", values, status=422 if refused[1] else 200)
