"""What views share: whole pages or parts of them, and who may do what."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest, template: str, values: dict, *, part: str = "", status: int = 200) -> HttpResponse:
    """The page, or for htmx the partial of the template that is named `part`."""
    if part and wants_part(request):
        template = f"{template}#{part}"
    return render(request, template, values, status=status)


def download(text: str, name: str) -> HttpResponse:
    """A CSV file."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def wants_part(request: HttpRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request


def only_managers(request: HttpRequest) -> None:
    """Raises PermissionDenied for members."""
    if not request.user.manages:
        raise PermissionDenied("Only an owner of your account can do that.")


def only_operators(request: HttpRequest) -> None:
    if not request.user.is_operator:
        raise PermissionDenied("Only those who run this service see that.")
