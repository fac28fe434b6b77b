"""For operators: the machines, how each fares, and taking one out of service without losing a call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.dashboard.pages import named, only_operators, show
from trunkline.control.nodes import services


@require_GET
def nodes(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    found = [services.as_dict(node) for node in services.everyone()]
    return show(request, "nodes/list.html", {"section": "nodes", "nodes": found}, part="results")


@require_POST
def drain(request: HttpRequest, name: str) -> HttpResponse:
    services.drain(named(request, services.get, name))
    return redirect("nodes")


@require_POST
def undrain(request: HttpRequest, name: str) -> HttpResponse:
    services.drain(named(request, services.get, name), False)
    return redirect("nodes")


@require_POST
def forget(request: HttpRequest, name: str) -> HttpResponse:
    services.forget(named(request, services.get, name))
    return redirect("nodes")
