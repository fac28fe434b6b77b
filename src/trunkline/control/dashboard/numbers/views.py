"""Products > Numbers: the account's numbers, and where the calls of each go."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.dashboard.numbers import controls, form
from trunkline.control.dashboard.numbers.search import search
from trunkline.control.dashboard.pages import show, wants_part
from trunkline.control.numbers import services
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.seen import Overtaken, Seen

PAGE = 25


@require_GET
def numbers(request: HttpRequest) -> HttpResponse:
    """Those with the digits of `q`; with `nowhere`, those that are not forwarded."""
    wanted, nowhere = request.GET.get("q", "").strip(), bool(request.GET.get("nowhere"))
    prefix, containing, problem = search(wanted)
    found = services.listing(request.account, prefix=prefix, containing=containing)
    if nowhere:
        found = services.going_nowhere(found)
    page = Paginator(found if not problem else Number.objects.none(), PAGE).get_page(request.GET.get("page"))
    values = {
        "section": "numbers",
        "wanted": wanted,
        "nowhere": nowhere,
        "problem": problem,
        "page": page,
        "rows": [services.as_dict(row) | {"digits": row.e164} for row in page],
        "shop": _may_buy(request),
    }
    return show(request, "numbers/list.html", values, part="results")


@require_GET
def number(request: HttpRequest, digits: str) -> HttpResponse:
    """One number: for htmx its row alone, as after Cancel."""
    return _row(request, _own(request, digits))


@require_http_methods(["GET", "POST"])
def forward(request: HttpRequest, digits: str) -> HttpResponse:
    """The editor of *Forward to SIP*, and *Update*."""
    own = _own(request, digits)
    if request.reads_only:
        return _row(request, own)
    if request.method == "GET":
        return _editor(request, own, form.check(controls.by_line(own.forward), own.account))
    checked = form.check(request.POST.get("forward", ""), own.account)
    if checked.problem:
        return _editor(request, own, checked, status=422)
    try:
        own = services.forward(own, form.one_line(checked.text), _seen(request))
    except Overtaken as error:
        return _editor(request, own, checked, status=422, overtaken=error)
    if not wants_part(request):
        return redirect("number", digits=own.e164)
    return _row(request, own, updated=True)


@require_POST
def check(request: HttpRequest, digits: str) -> HttpResponse:
    """What is being typed comes to this."""
    own = _own(request, digits)
    checked = form.check(request.POST.get("forward", ""), own.account)
    return render(request, "numbers/checked.html", _editing(own, checked))


@require_POST
def change(request: HttpRequest, digits: str) -> HttpResponse:
    """The editor again, with its text changed as a control of the list says; nothing is stored."""
    own = _own(request, digits)
    wanted = request.POST.get("change") or request.htmx.trigger_name or ""
    text = controls.apply(request.POST.get("forward", "")[: services.LONGEST + 1], wanted, request.POST)
    return _editor(request, own, form.check(text, own.account), focus=False)


def _own(request: HttpRequest, digits: str) -> Number:
    """The number, if it is this user's business; whether a stranger's exists is not told."""
    found = services.listing(request.account).filter(e164=digits).first()
    if found is None:
        raise Http404
    return found


def _seen(request: HttpRequest) -> Seen | None:
    """The list that stood there when the editor was opened; what else is said of the number may have changed."""
    over = request.POST.get("over")
    return None if over is None else lambda now: now.forward == over


def _may_buy(request: HttpRequest) -> bool:
    its = request.account
    return bool(request.user.manages and its and its.numbers_at_most and not request.reads_only)


def _row(request: HttpRequest, own: Number, updated: bool = False) -> HttpResponse:
    values = {
        "section": "numbers",
        "row": services.as_dict(own) | {"digits": own.e164},
        "updated": updated,
        "bought": "bought" in request.GET and not own.forward,
    }
    return render(request, "numbers/row.html" if wants_part(request) else "numbers/number.html", values)


def _editor(
    request: HttpRequest, own: Number, checked: form.Checked, status: int = 200, focus: bool = True,
    overtaken: Overtaken | None = None,
) -> HttpResponse:  # fmt: skip
    template = "numbers/editor.html" if wants_part(request) else "numbers/edit.html"
    values = _editing(own, checked) | {"section": "numbers", "refused": status != 200, "focus": focus}
    values["shop"], values["overtaken"] = _may_buy(request), overtaken
    # What *Update* is to take the place of: what was seen, however often the editor was drawn since.
    values["over"] = overtaken.now if overtaken else request.POST.get("over", own.forward)
    return render(request, template, values, status=status)


def _editing(own: Number, checked: form.Checked) -> dict[str, object]:
    """What the editor and its list of targets are drawn with."""
    return {
        "number": own,
        "checked": checked,
        "realm": settings.TRUNKLINE_REALM,
        "rows": controls.rows(checked.targets),
    }
