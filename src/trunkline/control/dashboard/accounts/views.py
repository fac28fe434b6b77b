"""For operators: the accounts, their limits, and acting as one of them, which every page then says."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.accounts import services
from trunkline.control.accounts.models import Account
from trunkline.control.audit import recording
from trunkline.control.dashboard.accounts.form import AccountForm, NewAccountForm
from trunkline.control.dashboard.links import to_password
from trunkline.control.dashboard.middleware import ACTING
from trunkline.control.dashboard.pages import named, only_operators, show
from trunkline.control.errors import ServiceError
from trunkline.control.nodes import endings
from trunkline.control.services import together
from trunkline.control.sources import services as sources
from trunkline.control.users import resetting
from trunkline.control.users import services as users
from trunkline.control.users.models import OWNER

PAGE = 50


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    wanted = request.GET.get("q", "").strip()[:63]
    found = services.everyone().filter(name__icontains=wanted) if wanted else services.everyone()
    page = Paginator(found.prefetch_related(None), PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    for what in ("numbers", "users"):
        counts = _counts(shown, what)
        for account in shown:
            setattr(account, f"{what}_count", counts.get(account.pk, 0))
    values = {"section": "accounts", "wanted": wanted, "page": page, "shown": shown}
    return show(request, "accounts/list.html", values, part="results")


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The answer has the link for the first owner, and nothing else ever has."""
    only_operators(request)
    form = NewAccountForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            with together():
                account = services.create(given["name"], sources=given["sources"], **form.limits())
                owner = users.create(given["owner"], account, OWNER)[0] if given["owner"] else None
                link = to_password(request, resetting.link(owner)) if owner else ""
            return _form(request, AccountForm(account=account), account, owner=owner, link=link)
        except ServiceError as error:
            form.refuse(error)
    return _form(request, form)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    account = named(request, services.get, name)
    form = AccountForm(request.POST or None, account=account)

    def change(its: dict) -> None:
        services.change(account, **form.limits())
        sources.replace(account, its["sources"])

    if form.carried_out(change):
        return redirect("accounts")
    return _form(request, form, account)


@require_POST
def enable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=True)
    return redirect("account-edit", name)


@require_POST
def disable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(named(request, services.get, name), enabled=False)
    return redirect("account-edit", name)


@require_POST
def end_calls(request: HttpRequest, name: str) -> HttpResponse:
    account = named(request, services.get, name)
    ordered = endings.end(endings.up(account))
    if ordered.unheard:
        return _form(request, AccountForm(account=account), account, unheard=ordered.unheard)
    return redirect("account-edit", name)


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    account = named(request, services.get, name)
    request.session[ACTING] = account.pk
    rotate_token(request)  # a page in another tab is about who was acted as before: what it sends is refused
    recording.happened(account, "opened by an operator")
    return redirect("overview")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    request.session.pop(ACTING, None)
    rotate_token(request)
    return redirect("accounts")


def _counts(shown: list[Account], what: str) -> dict[int, int]:
    """How many numbers or users each account has; a join would count those of all accounts first."""
    related = Account._meta.get_field(what).related_model.objects.filter(account__in=shown)
    return dict(related.values_list("account").annotate(Count("pk")).order_by())


def _form(
    request: HttpRequest, form: AccountForm, account: Account | None = None, owner=None, link="", unheard=()
) -> HttpResponse:
    """The page; `owner` is a user that was just made, and `link` its way to a password; `unheard` the nodes whose calls
    go on, as in `endings.Ordered`."""
    values = {"section": "accounts", "form": form, "account": account, "owner": owner, "link": link}
    values["unheard"] = unheard
    values |= {"hours": resetting.HOURS, "up": endings.up(account).count() if account else 0}
    return render(request, "accounts/edit.html", values, status=422 if form.errors else 200)
