"""Users: who may sign in for the account, or, for an operator who acts as nobody, all users and other operators.

A password is made here and is in the answer to the request that made it, and nowhere else. Nobody changes itself here:
the last owner would be locked out.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from trunkline.control.changes.services import writing
from trunkline.control.dashboard.links import to_password
from trunkline.control.dashboard.pages import only_managers, show
from trunkline.control.errors import ServiceError
from trunkline.control.users import resetting, second_factor, services
from trunkline.control.users.models import MEMBER, OPERATOR, OWNER, User

PAGE = 50
ROLES = {OWNER: "owner: all, including keys and users", MEMBER: "member: numbers and calls"}


@require_GET
def users(request: HttpRequest) -> HttpResponse:
    only_managers(request)
    return _page(request)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    only_managers(request)
    name, role = request.POST.get("name", ""), request.POST.get("role", "")
    try:
        user, made = services.create(name, request.account, role)
    except ServiceError as error:
        return _page(request, typed=name, problem=str(error))
    return _page(request, made=(user.name, made))


@require_POST
def password(request: HttpRequest, name: str) -> HttpResponse:
    user = _other(request, name)
    return _page(request, made=(user.name, services.set_password(user)))


@require_POST
def link(request: HttpRequest, name: str) -> HttpResponse:
    """To another password that its owner chooses: in this answer, and nowhere else."""
    user = _other(request, name)
    return _page(request, link=(user.name, to_password(request, resetting.link(user))))


@require_POST
def reset_factor(request: HttpRequest, name: str) -> HttpResponse:
    second_factor.end(_other(request, name))
    return redirect("users")


@require_POST
def role(request: HttpRequest, name: str) -> HttpResponse:
    with _one_after_the_other(request):
        services.change(_other(request, name), role=request.POST.get("role", ""))
    return redirect("users")


@require_POST
def enable(request: HttpRequest, name: str) -> HttpResponse:
    services.change(_other(request, name), enabled=True)
    return redirect("users")


@require_POST
def disable(request: HttpRequest, name: str) -> HttpResponse:
    with _one_after_the_other(request):
        services.change(_other(request, name), enabled=False)
    return redirect("users")


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    with _one_after_the_other(request):
        services.remove(_other(request, name))
    return redirect("users")


@contextmanager
def _one_after_the_other(request: HttpRequest) -> Iterator[None]:
    """Of two owners who end each other at once the second one is no owner any more, so that one is left. Raises
    PermissionDenied."""
    with writing():
        request.user.refresh_from_db(fields=["role", "enabled"])
        if not request.user.enabled:
            raise PermissionDenied("Somebody has disabled you meanwhile.")
        yield


def _other(request: HttpRequest, name: str) -> User:
    """A user that is this one's business, and not itself."""
    only_managers(request)
    user = services.listing(request.account).filter(name=name).exclude(pk=request.user.pk).first()
    if user is None:
        raise Http404
    return user


def _page(request: HttpRequest, made=("", ""), link=("", ""), typed: str = "", problem: str = "") -> HttpResponse:
    """The page; `made` is a user and its password, `link` a user and the way to another password, `typed` a name that
    cannot be, and `problem` why."""
    page = Paginator(services.listing(request.account), PAGE).get_page(request.GET.get("page"))
    values = {
        "section": "users",
        "page": page,
        "roles": ROLES,
        "usual_role": services.usual_role(request.account),
        "operator": OPERATOR,
        "made_for": made[0],
        "password": made[1],
        "link_for": link[0],
        "link": link[1],
        "hours": resetting.HOURS,
        "typed": typed,
        "problem": problem,
    }
    return show(request, "users/users.html", values, status=422 if problem else 200)
