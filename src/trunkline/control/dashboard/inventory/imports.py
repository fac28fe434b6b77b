"""For operators: taking in a file of numbers. It is checked first, and written when somebody has seen what it does."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control import csv_text
from trunkline.control.dashboard.pages import download, only_operators, show
from trunkline.control.errors import ServiceError
from trunkline.control.imports import services
from trunkline.control.imports.models import Import

PAGE = 100
RECENT = 10


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise ServiceError("choose a file first")
            begun = services.begin(file.name, file.read(), update=bool(request.POST.get("update")))
            return redirect("import-progress", begun.pk)
        except ServiceError as error:
            problem = str(error)
    values = {
        "section": "inventory",
        "problem": problem,
        "recent": services.recent()[:RECENT],
        "most": services.LARGEST // 1_000_000,
        "update": request.POST.get("update", ""),
    }
    return render(request, "inventory/import.html", values, status=422 if problem else 200)


@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    found = _import(request, pk)
    after = request.GET.get("after", "0")
    after = int(after) if after.isdecimal() and len(after) < 10 else 0
    faults = list(services.faults(found, after)[: PAGE + 1]) if found.faults else []
    share = min(found.checked / found.lines, 1) if found.lines else 0
    values = {
        "section": "inventory",
        "found": found,
        "share": share,
        "tenths": int(share * 10) / 10,  # each is worth being read out
        "faults": faults[:PAGE],
        "more": faults[PAGE - 1].line if len(faults) > PAGE else 0,
    }
    return show(request, "inventory/progress.html", values, part="progress")


@require_GET
def faults(request: HttpRequest, pk: int) -> HttpResponse:
    columns = ("line", "number", "problem")
    every = services.faults(_import(request, pk)).values(*columns)
    return download(csv_text.render(columns, every), f"faults-{pk}.csv")


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    services.approve(_import(request, pk))
    return redirect("import-progress", pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    services.discard(_import(request, pk))
    return redirect("import")


def _import(request: HttpRequest, pk: int) -> Import:
    only_operators(request)
    found = services.find(pk) if pk < 2**63 else None
    if found is None:
        raise Http404
    return found
