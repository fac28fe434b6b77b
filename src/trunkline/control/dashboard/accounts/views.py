"""For operators: the accounts, and acting as one of them, which every page then says."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.accounts import services
from trunkline.control.audit import recording
from trunkline.control.dashboard.middleware import ACTING
from trunkline.control.dashboard.pages import only_operators, show
from trunkline.control.errors import ServiceError

PAGE = 50


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    wanted = request.GET.get("q", "").strip()[:63]
    found = services.everyone().filter(name__icontains=wanted) if wanted else services.everyone()
    counted = found.prefetch_related(None).annotate(
        number_count=Count("numbers", distinct=True), user_count=Count("users", distinct=True)
    )
    page = Paginator(counted, PAGE).get_page(request.GET.get("page"))
    return show(request, "accounts/list.html", {"section": "accounts", "wanted": wanted, "page": page}, part="results")


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    only_operators(request)
    try:
        account = services.get(name)
    except ServiceError:
        raise Http404 from None
    request.session[ACTING] = account.pk
    recording.happened(account, "opened by an operator")
    return redirect("overview")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    request.session.pop(ACTING, None)
    return redirect("accounts")
