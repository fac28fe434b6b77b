"""The audit log: all of it for operators, for an owner what concerns its account."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from trunkline.control import csv_text
from trunkline.control.accounts import services as accounts
from trunkline.control.audit import services
from trunkline.control.audit.models import Entry
from trunkline.control.dashboard.audit.form import Filters
from trunkline.control.dashboard.keyset import links, position
from trunkline.control.dashboard.pages import download, only_managers, show
from trunkline.control.errors import ServiceError

PAGE = 50
MOST_IN_CSV = 10_000


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    only_managers(request)
    form = Filters(request.GET)
    found = _find(request, form, limit=PAGE + 1, before=position(request)) if form.is_valid() else []
    last = (found[PAGE - 1].time, found[PAGE - 1].pk) if len(found) > PAGE else None
    values = links(request, form.fields, last) | {
        "section": "audit",
        "form": form,
        "rows": [
            {"entry": entry, "who": services.who(entry), "changes": list(map(services.in_words, entry.changes))}
            for entry in found[:PAGE]
        ],
    }
    return show(request, "audit/list.html", values, part="results", status=422 if form.errors else 200)


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    only_managers(request)
    form = Filters(request.GET)
    found = _find(request, form, limit=MOST_IN_CSV) if form.is_valid() else []
    if form.errors:
        raise ServiceError(form.problem())
    return download(csv_text.render(services.COLUMNS, map(services.as_row, found)), "audit.csv")


def _find(request: HttpRequest, form: Filters, **more) -> list[Entry]:
    """The entries that this user may see and the form asks for; none when it names an account that there is not."""
    account = request.account
    if account is None and (name := form.cleaned_data["account"]):
        try:
            account = accounts.get(name)
        except ServiceError:
            form.add_error("account", "There is no such account.")
            return []
    found = services.find(account=account, as_customer=request.account is not None, **form.conditions(), **more)
    return services.seen(request.account, found)
