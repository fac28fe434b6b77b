"""Another password for who has forgotten it: asking for a link by mail, and following one."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from trunkline.control.dashboard.links import to_password
from trunkline.control.dashboard.signin.forms import LONGEST, NewPasswordForm
from trunkline.control.errors import ServiceError
from trunkline.control.users import resetting
from trunkline.control.users.signing_in import SignInRefused, count_link


@login_not_required
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Says the same whether there is such a user or not, and in the same time."""
    if not settings.TRUNKLINE.mail.host:
        raise Http404
    if request.user.is_authenticated:
        return redirect("password")
    name, refused, status = request.POST.get("name", "")[:LONGEST], "", 200
    if request.method == "POST":
        try:
            count_link(name, request.META["REMOTE_ADDR"])
        except SignInRefused as error:
            refused, status = str(error), 429
        else:
            resetting.send(name, lambda parts: to_password(request, parts))
    values = {"name": name, "refused": refused, "sent": request.method == "POST" and not refused}
    return render(request, "signin/forgotten.html", values, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, user: str, token: str) -> HttpResponse:
    parts = (user, token)
    owner = resetting.user_of(parts)
    if owner is None:
        return render(request, "signin/reset_gone.html", {"mail": bool(settings.TRUNKLINE.mail.host)}, status=404)
    form, status = NewPasswordForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                used = resetting.use(parts, form.cleaned_data["password"])
            except ServiceError as error:
                form.add_error("password", str(error))
            else:
                return render(request, "signin/reset_done.html") if used else redirect("reset", *parts)
    return render(request, "signin/reset.html", {"form": form, "name": owner.name}, status=status)
