"""The second factor: asked for after the password, set up and turned off by its user."""

import time

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from trunkline.control.dashboard.signin.entering import enter
from trunkline.control.errors import ServiceError
from trunkline.control.users import second_factor
from trunkline.control.users.models import User
from trunkline.control.users.signing_in import SignInRefused, authenticate, check_code

PENDING = "pending"  # in a session: who has given the right password, and until when that counts
SECONDS = 600
LONGEST = 100  # characters of a code


def ask(request: HttpRequest, user: User, page: str) -> HttpResponse:
    """Have a user who has given the right password give a code."""
    request.session.cycle_key()
    request.session[PENDING] = [user.pk, user.get_session_auth_hash(), time.time() + SECONDS, page]
    return redirect("sign-in-code")


@login_not_required
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    user, page = _pending(request)
    if user is None:
        return redirect("sign-in")
    refused, status = "", 200
    if request.method == "POST":
        try:
            check_code(user, request.POST.get("code", "")[:LONGEST], request.META["REMOTE_ADDR"])
        except SignInRefused as error:
            refused, status = str(error), 429 if error.too_many else 422
        else:
            del request.session[PENDING]
            return enter(request, user, page)
    return render(request, "signin/code.html", {"refused": refused}, status=status)


@require_GET
def second_factor_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    if problem := _wrong_password(request):
        return _page(request, problem=problem)
    return _page(request, secret=second_factor.begin(request.user))


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    try:
        codes = second_factor.confirm(request.user, request.POST.get("code", "")[:LONGEST])
    except ServiceError as error:
        return _page(request, secret=second_factor.begun(request.user), problem=str(error))
    return _page(request, codes=codes)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    if problem := _wrong_password(request):
        return _page(request, problem=problem)
    second_factor.end(request.user)
    return redirect("second-factor")


def _pending(request: HttpRequest) -> tuple[User | None, str]:
    pk, proof, until, page = request.session.get(PENDING) or (0, "", 0, "/")
    user = User.objects.select_related("account").filter(pk=pk, enabled=True).first() if time.time() < until else None
    return (user, page) if user and constant_time_compare(user.get_session_auth_hash(), proof) else (None, page)


def _wrong_password(request: HttpRequest) -> str:
    """Why the password that came with a form is not the user's; '' when it is."""
    try:
        # As a sign-in, so that who found a screen unlocked has no more tries than anybody else.
        authenticate(request.user.name, request.POST.get("password", "")[:1000], request.META["REMOTE_ADDR"])
    except SignInRefused as error:
        return str(error) if error.too_many else "that is not your password"
    return ""


def _page(request: HttpRequest, secret: str = "", codes=(), problem: str = "") -> HttpResponse:
    """The page; `secret` is to be confirmed, `codes` are shown this once."""
    values = {
        "section": "second-factor",
        "on": request.user.has_second_factor,
        "needed": request.user.is_operator and settings.TRUNKLINE.web.operators_second_factor,
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "picture": _picture(request.user, secret) if secret else None,
        "codes": codes,
        "all_codes": "\n".join(codes),
        "left": request.user.recovery_codes.count(),
        "problem": problem,
    }
    return render(request, "signin/second_factor.html", values, status=422 if problem else 200)


def _picture(user: User, secret: str) -> dict[str, object]:
    """A QR code as one path, a unit for each module; the template draws it."""
    uri = second_factor.uri(user, secret, f"Trunkline {settings.TRUNKLINE.sip.domain}")
    matrix = segno.make(uri, error="m").matrix
    dark = [(x, y) for y, row in enumerate(matrix, 4) for x, module in enumerate(row, 4) if module]
    return {"size": len(matrix) + 8, "path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}
