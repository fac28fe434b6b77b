"""What views share: whole pages or parts of them, and who may do what."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from trunkline.control.accounts.models import Account
from trunkline.control.errors import ServiceError


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


def managed(request: HttpRequest) -> Account:
    """The account of an owner, or that an operator acts as. Raises PermissionDenied for members, and Http404 where
    nobody's account is looked at."""
    only_managers(request)
    if request.account is None:
        raise Http404
    return request.account


def only_operators(request: HttpRequest) -> None:
    """Raises PermissionDenied for customers."""
    if not request.user.is_operator:
        raise PermissionDenied("Only those who run this service see that.")


def named[Name, Found](request: HttpRequest, get: Callable[[Name], Found], name: Name) -> Found:
    """What an operator names by an address, from a service's `get`. Raises PermissionDenied for customers, and Http404
    where there is none."""
    only_operators(request)
    try:
        return get(name)
    except ServiceError:
        raise Http404 from None
