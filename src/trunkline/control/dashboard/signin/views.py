"""Signing in and out, and changing one's password."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from trunkline.control.dashboard.signin import factor
from trunkline.control.dashboard.signin.entering import enter, wanted_page
from trunkline.control.dashboard.signin.forms import PasswordForm, SignInForm
from trunkline.control.errors import ServiceError
from trunkline.control.users import services as users
from trunkline.control.users.signing_in import SignInRefused, authenticate


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(wanted_page(request))
    form, refused, status = SignInForm(request.POST or None), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                user = authenticate(**form.cleaned_data, address=request.META["REMOTE_ADDR"])
            except SignInRefused as error:
                refused, status = str(error), 429 if error.too_many else 422
            else:
                if user.has_second_factor:
                    return factor.ask(request, user, wanted_page(request))
                return enter(request, user, wanted_page(request))
    values = {"form": form, "refused": refused, "mail": bool(settings.TRUNKLINE.mail.host)}
    return render(request, "signin/sign_in.html", values, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("sign-in")


@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    form, done, status = PasswordForm(request.POST or None), False, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status, done = (200, True) if _change(request, form) else (422, False)
    form = PasswordForm() if done else form
    return render(request, "signin/password.html", {"form": form, "done": done}, status=status)


def _change(request: HttpRequest, form: PasswordForm) -> bool:
    """Change the password; this session stays, the user's others end."""
    current, wanted = form.cleaned_data["current"], form.cleaned_data["password"]
    try:
        # As a sign-in, so that who found a screen unlocked has no more tries than anybody else.
        authenticate(request.user.name, current, request.META["REMOTE_ADDR"])
    except SignInRefused as error:
        form.add_error("current", str(error) if error.too_many else "That is not the password that you have now.")
        return False
    try:
        users.set_password(request.user, wanted)
    except ServiceError as error:
        form.add_error("password", str(error))
        return False
    auth.update_session_auth_hash(request, request.user)
    return True
