"""For operators: the carriers, how they do, and what is known of them. A password that was given is never shown."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.calls import fault
from trunkline.control.carriers import health, services
from trunkline.control.carriers.models import Carrier
from trunkline.control.dashboard.carriers.form import CarrierForm, NewCarrierForm
from trunkline.control.dashboard.pages import named, only_operators, show
from trunkline.control.sources import services as sources

PAGE = 20


@require_GET
def carriers(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    page = Paginator(services.everyone().prefetch_related("routes"), PAGE).get_page(request.GET.get("page"))
    healths = health.of(page, timezone.now())
    rows = [_row(carrier, healths[carrier.pk]) for carrier in page]
    return show(request, "carriers/list.html", {"section": "carriers", "page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    form = NewCarrierForm(request.POST or None)
    if form.carried_out(lambda its: services.create(its["name"], sources=its["sources"], **form.fields_of_carrier())):
        return redirect("carriers")
    return _form(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    carrier = named(request, services.get, name)
    form = CarrierForm(request.POST or None, carrier=carrier)

    def change(its: dict) -> None:
        services.change(carrier, **form.fields_of_carrier())
        sources.replace(carrier, its["sources"])

    if form.carried_out(change):
        return redirect("carriers")
    return _form(request, form, carrier)


@require_POST
def enable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=True)
    return redirect("carriers")


@require_POST
def disable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=False)
    return redirect("carriers")


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    services.remove(named(request, services.get, name))
    return redirect("carriers")


def _form(request: HttpRequest, form: CarrierForm, carrier: Carrier | None = None) -> HttpResponse:
    values = {
        "section": "carriers",
        "form": form,
        "carrier": carrier,
        "routes": carrier.routes.count() if carrier else 0,
    }
    return render(request, "carriers/edit.html", values, status=422 if form.errors else 200)


def _row(carrier: Carrier, its: health.Health) -> dict:
    last = its.last_failure
    return {
        "carrier": carrier,
        "state": "off" if not carrier.enabled else its.state,
        "health": health.in_words(its),
        "last": last,
        "why": fault.why(last) if last else "",
        "sources": sorted(map(str, carrier.sources.all())),
        "routes": len(carrier.routes.all()),
    }
