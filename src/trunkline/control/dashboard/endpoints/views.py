"""For operators: the places where PBXs reach the service, as DNS, PBX configurations and firewalls are told of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.dashboard.endpoints.form import EndpointForm, NewEndpointForm
from trunkline.control.dashboard.pages import named, only_operators, show
from trunkline.control.endpoints import services
from trunkline.control.endpoints.models import Endpoint


@require_GET
def endpoints(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    made = [services.as_dict(endpoint) for endpoint in services.everyone()]
    own = [] if made else services.published()
    return show(request, "endpoints/list.html", {"section": "endpoints", "endpoints": made, "own": own})


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    form = NewEndpointForm(request.POST or None)
    if form.carried_out(lambda its: services.add(its["name"], **form.fields_of_endpoint())):
        return redirect("endpoints")
    return _form(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    endpoint = named(request, services.get, name)
    form = EndpointForm(request.POST or None, endpoint=endpoint)
    if form.carried_out(
        lambda _: services.put(name, form.fields_of_endpoint() | {"enabled": services.get(name).enabled})
    ):
        return redirect("endpoints")
    return _form(request, form, endpoint)


@require_POST
def enable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=True)
    return redirect("endpoints")


@require_POST
def disable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=False)
    return redirect("endpoints")


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    services.remove(named(request, services.get, name))
    return redirect("endpoints")


def _form(request: HttpRequest, form: EndpointForm, endpoint: Endpoint | None = None) -> HttpResponse:
    first = endpoint is None and not services.everyone().exists()
    values = {"section": "endpoints", "form": form, "endpoint": endpoint, "first": first}
    return render(request, "endpoints/edit.html", values, status=422 if form.errors else 200)
