"""What follows when somebody has shown who it is."""

from django.contrib import auth
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from trunkline.control.audit import recording
from trunkline.control.users.models import User


def enter(request: HttpRequest, user: User, page: str) -> HttpResponse:
    """Sign the user in, and go to a page of ours."""
    auth.login(request, user)
    recording.happened(user, "signed in")
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return redirect(page)


def wanted_page(request: HttpRequest) -> str:
    """Where the user wanted to go, if that is a page of ours."""
    wanted = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") else "/"
