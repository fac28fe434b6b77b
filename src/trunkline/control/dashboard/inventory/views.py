"""For operators: the numbers of all accounts and those that nobody has; giving, taking back and removing them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.accounts import services as accounts
from trunkline.control.dashboard.inventory.form import NumberForm, account_of
from trunkline.control.dashboard.numbers.search import search
from trunkline.control.dashboard.pages import only_operators, show
from trunkline.control.errors import ServiceError
from trunkline.control.numbers import services
from trunkline.control.numbers.models import Number

PAGE = 50
SUGGESTED = 200  # names of accounts, in the field for one


@require_GET
def inventory(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    return _page(request)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """What is to be done with the numbers that are ticked."""
    only_operators(request)
    ticked, wanted = request.POST.getlist("number"), request.POST.get("do", "")
    try:
        if not ticked:
            raise ServiceError("tick the numbers first")
        if wanted == "give":
            account = account_of(request.POST.get("account", ""))
            if account is None:
                raise ServiceError("write the account that gets them")
            services.assign_all(ticked, account)
        elif wanted == "take":
            services.assign_all(ticked, None)
        elif wanted == "remove":
            services.remove_all(ticked)
        else:
            raise ServiceError("choose what is to be done with the ticked numbers")
    except ServiceError as error:
        return _page(request, refused=str(error), ticked=ticked)
    return redirect(request.get_full_path().replace("/change", "/", 1))


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    form = NumberForm(request.POST or None)
    if form.carried_out(lambda its: services.add(its["number"], its["account"], monthly_cost=its["monthly_cost"])):
        return redirect("inventory")
    values = {"section": "inventory", "form": form, "accounts": _names()}
    return render(request, "inventory/add.html", values, status=422 if form.errors else 200)


def _page(request: HttpRequest, refused: str = "", ticked=()) -> HttpResponse:
    wanted, whose = request.GET.get("q", "").strip(), request.GET.get("account", "").strip()[:63]
    prefix, containing, problem = search(wanted)
    found = Number.objects.none()
    try:
        if not problem:
            unassigned = bool(request.GET.get("unassigned"))
            found = services.listing(account_of(whose), prefix, unassigned, containing)
    except ServiceError as error:
        problem = str(error)
    values = {
        "section": "inventory",
        "wanted": wanted,
        "whose": whose,
        "unassigned": request.GET.get("unassigned", ""),
        "problem": problem,
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "accounts": _names(),
        "refused": refused,
        "ticked": ticked,
    }
    return show(request, "inventory/list.html", values, part="results", status=422 if refused else 200)


def _names() -> list[str]:
    return list(accounts.everyone().prefetch_related(None).values_list("name", flat=True)[:SUGGESTED])
