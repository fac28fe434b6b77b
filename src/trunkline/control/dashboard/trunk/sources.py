"""Products > Trunk: the addresses that are known without a key."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from trunkline.control.dashboard.pages import managed
from trunkline.control.dashboard.trunk.views import page
from trunkline.control.errors import ServiceError
from trunkline.control.sources import by_customers, services


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """An operator, who acts as the account, may list what a customer may not."""
    account, text = managed(request), request.POST.get("network", "").strip()
    try:
        if request.user.is_operator:
            services.add(account, text)
        else:
            by_customers.add(account, text)
    except ServiceError as error:
        return page(request, source=(text[:100], str(error)))
    return redirect("/trunk/#sources")


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    account, text = managed(request), request.POST.get("network", "")
    try:
        services.remove(account, text)
    except ServiceError as error:
        return page(request, source=("", str(error)))
    return redirect("/trunk/#sources")
