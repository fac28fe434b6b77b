"""For operators: which carriers serve which numbers, and which of them a number would take."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.carriers import services as carriers
from trunkline.control.dashboard.pages import named, only_operators, show
from trunkline.control.dashboard.routes.form import NOBODY, NewRouteForm, RouteForm
from trunkline.control.errors import ServiceError
from trunkline.control.numbers import services as numbers
from trunkline.control.numbers.models import Number
from trunkline.control.routes import services
from trunkline.control.routes.models import Route
from trunkline.control.words import check_e164

PAGE = 50


@require_GET
def routes(request: HttpRequest) -> HttpResponse:
    """All of them, or those of a carrier; and, for htmx alone, what is said of the number that is asked for."""
    only_operators(request)
    carrier = request.GET.get("carrier", "")[:63]
    found = services.everyone().filter(carrier__name=carrier) if carrier else services.everyone()
    values = {"page": Paginator(found, PAGE).get_page(request.GET.get("page")), "carrier": carrier}
    return show(request, "routes/list.html", values | _probe(request), part="which")


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    form = NewRouteForm(request.POST or None)

    def carry_out(its: dict) -> None:
        if its["carrier"] == NOBODY:
            services.refuse(its["prefix"])
        else:
            services.add(its["prefix"], carriers.get(its["carrier"]), **form.order())

    if form.carried_out(carry_out):
        return redirect("routes")
    return _form(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    route = named(request, services.get, pk)
    form = RouteForm(request.POST or None, initial={"priority": route.priority, "weight": route.weight})
    if form.carried_out(lambda _: services.change(route, **form.order())):
        return redirect("routes")
    return _form(request, form, route)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove(named(request, services.get, pk))
    return redirect("routes")


def _form(request: HttpRequest, form: RouteForm, route: Route | None = None) -> HttpResponse:
    values = {"section": "routes", "form": form, "route": route}
    return render(request, "routes/edit.html", values, status=422 if form.errors else 200)


def _probe(request: HttpRequest) -> dict:
    """What would become of a call to the number that is asked for."""
    text = request.GET.get("number", "").strip()[:40]
    values = {"section": "routes", "asked": text, "problem": "", "number": "", "found": [], "hosted": None}
    if not text:
        return values
    try:
        digits = check_e164(text)
    except ServiceError as error:
        return values | {"problem": str(error)}
    found = services.which(digits)
    if found and found[0].route.carrier is None:
        return values | {"number": digits, "refused": found[0].route, "hosted": _hosted(digits)}
    return values | {
        "number": digits,
        "found": [(one, services.dialled(one.route, digits)) for one in found],
        "disabled": [] if found else sorted({route.carrier.name for route in services.disabled(digits)}),
        "hosted": _hosted(digits),
    }


def _hosted(digits: str) -> Number | None:
    return numbers.listing().filter(e164=digits).first()
