"""Products > Numbers > Buy: what the operator's inventory has, and giving numbers back to it. For owners."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.accounts.models import Account
from trunkline.control.dashboard.buying.form import Search
from trunkline.control.dashboard.pages import managed, show
from trunkline.control.errors import ServiceError
from trunkline.control.numbers import inventory, services
from trunkline.control.numbers.models import Number

SHOWN = 50


@require_GET
def shop(request: HttpRequest) -> HttpResponse:
    return _page(request, managed(request))


@require_POST
def buy(request: HttpRequest, digits: str) -> HttpResponse:
    """`cost` is what stood on the page: another price than that is not paid unseen."""
    account = managed(request)
    try:
        number = inventory.buy(account, digits, services.check_cost(request.POST.get("cost", "")))
    except ServiceError as error:
        return _page(request, account, refused=str(error))
    return redirect(f"{reverse('number', args=[number.e164])}?bought=1")


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, digits: str) -> HttpResponse:
    """Asks first, on a page of its own: whoever buys the number next gets its calls."""
    account = managed(request)
    number = services.listing(account).filter(e164=digits).first()
    if number is None:
        raise Http404
    refused = ""
    if request.method == "POST":
        try:
            inventory.release(account, digits)
        except ServiceError as error:
            refused = str(error)
        else:
            return redirect("numbers")
    values = {"section": "numbers", "number": number, "row": services.as_dict(number), "refused": refused}
    return show(request, "buying/release.html", values, status=422 if refused else 200)


def _page(request: HttpRequest, account: Account, refused: str = "") -> HttpResponse:
    form, problem = Search(request.GET, account), ""
    found: list[Number] = []
    if form.country:
        try:
            found = list(form.found()[: SHOWN + 1])
        except ServiceError as error:
            problem = str(error)
    values = {
        "section": "numbers",
        "form": form,
        "found": found[:SHOWN],
        "more": len(found) > SHOWN,
        "problem": problem,
        "refused": refused,
        "has": account.numbers.count(),
        "most": account.numbers_at_most,
    }
    return show(request, "buying/shop.html", values, part="results", status=422 if refused or problem else 200)
