"""What holds for every request: its size, its scheme, whose doing it is, and whose things it is about."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse

from trunkline.control.accounts.models import Account
from trunkline.control.api import usage
from trunkline.control.api.callers import READING
from trunkline.control.audit.actor import OPERATOR, USER, Actor, acting
from trunkline.control.dashboard import errors, made_for
from trunkline.control.dashboard.uploads import largest_body
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.users.models import User
from trunkline.sip.uri import is_ip

ACTING = "acting_as"  # in an operator's session: the id of the account whose pages it sees

_WITH_PORT = re.compile(r"(?P<four>[0-9.]+):[0-9]{1,5}|\[(?P<six>[0-9A-Fa-f:.]+)\](:[0-9]{1,5})?", re.ASCII)

# What a user of a disabled account may still change: how it signs in
OF_ITS_OWN = (
    "password", "reset", "second-factor-begin", "second-factor-confirm", "second-factor-end", "sign-in", "sign-out"
)  # fmt: skip
# What an operator may do who is to have a second factor and has none yet
WITHOUT_FACTOR = ("second-factor", "second-factor-begin", "second-factor-confirm", "password", "sign-out", "alive")


class Guard:
    """Refuses what is too large or came in the clear, and keeps pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _believe_proxy(request)
        response = self._refusal(request) or _by_way_of_sign_in(request, self._get_response(request))
        if response.status_code == 405 and not response.content:
            response = errors.not_allowed(request, response.headers["Allow"])
        # What was on the screen must not be there for the next person at this machine, after the sign-out.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Server"] = "Trunkline"  # not which program, for those who look for its holes
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        return response

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        request.get_host()  # raises DisallowedHost for a name that is none of ours
        if not request.is_secure() and request.path != "/alive":
            return errors.in_the_clear(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > largest_body(request):
            return errors.too_large(request, largest_body(request))
        return None


class Scope:
    """`request.account`: whose things a page shows and changes; None is every account's, for operators alone.
    `request.reads_only`: its user changes nothing. What is written meanwhile is the user's doing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(lambda: _actor(request)):
            return self._get_response(request)

    def process_view(self, request: HttpRequest, view, arguments, named) -> HttpResponse | None:
        if refusal := _no_text(request):
            return refusal
        user = request.user
        if not user.is_authenticated:
            return None  # without the attribute: a view that forgot to ask for a sign-in fails instead of showing all
        used = usage.count_user(user.pk)
        if used.left < 0:
            return errors.too_many(request, used.seconds)
        request.account, request.acting = None, False
        if not user.is_operator:
            request.account = user.account
        elif acting := request.session.get(ACTING):
            request.account = Account.objects.filter(pk=acting).first()
            if request.account is None:  # it was removed meanwhile: what was meant for it is not done to all
                del request.session[ACTING]
                rotate_token(request)
                return redirect("accounts")
            request.acting = True
        made_for.mark(request)
        if refreshed := made_for.anew(request):
            return refreshed
        if _lacks_factor(user) and request.resolver_match.view_name not in WITHOUT_FACTOR:
            return redirect("second-factor")
        request.reads_only = user.account is not None and not user.account.enabled  # operators, also as it, change it
        if request.reads_only and request.method not in READING and request.resolver_match.view_name not in OF_ITS_OWN:
            return errors.disabled(request)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ServiceError) and not isinstance(error, DatabaseUnavailable):
            return errors.refused(request, error)
        return None


def _no_text(request: HttpRequest) -> HttpResponse | None:
    """What to say of a NUL, which PostgreSQL's texts have not. No browser lets anybody type one."""
    if "\0" in request.path:
        return errors.not_found(request)
    given = (text for values in (request.GET, request.POST) for _, texts in values.lists() for text in texts)
    return errors.bad(request) if any("\0" in text for text in given) else None


def _lacks_factor(user: User) -> bool:
    return user.is_operator and settings.TRUNKLINE.web.operators_second_factor and not user.has_second_factor


def _actor(request: HttpRequest) -> Actor:
    """Who the user is when something is written, which for one who signs in is later than when the request comes."""
    user, address = request.user, request.META["REMOTE_ADDR"]
    if not user.is_authenticated:
        return Actor(USER, "somebody not signed in", address)
    acting_as = request.account.name if getattr(request, "acting", False) else ""
    return Actor(OPERATOR if user.is_operator else USER, user.name, address, acting_as)


def _believe_proxy(request: HttpRequest) -> None:
    """Take the client's address and scheme from the proxy in front; nobody else is believed."""
    proxies = settings.TRUNKLINE.web.proxies
    environ: Mapping = request.META
    if environ.get("REMOTE_ADDR") not in proxies:
        return
    if environ.get("HTTP_X_FORWARDED_PROTO") == "https":
        request.META["wsgi.url_scheme"] = "https"
    # Each proxy appends whom it heard, so the last that is no proxy is the client; what is left of it, anybody wrote.
    heard = [_without_port(part.strip()) for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    client = next((address for address in reversed(heard) if address not in proxies), "")
    if is_ip(client):
        request.META["REMOTE_ADDR"] = client


def _without_port(text: str) -> str:
    """Azure's gateways write a port behind the address; all their clients would share the gateway's own."""
    found = _WITH_PORT.fullmatch(text)
    return found["four"] or found["six"] if found else text


def _by_way_of_sign_in(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Who was signed out meanwhile signs in on a whole page, and comes back to the page that it was on: neither to a
    part of one, nor to where a form was sent, which is no page."""
    part, form = "HX-Request" in request.headers, request.method not in READING
    there = urlsplit(response.headers.get("Location", ""))
    if response.status_code != 302 or there.path != reverse("sign-in"):
        return response
    if not part and not (form and there.query):  # without a query it was wanted, as when somebody signs out
        return response
    page = _page(request.headers.get("HX-Current-URL" if part else "Referer", ""))
    back = f"{there.path}?{urlencode({'next': page})}"
    return HttpResponse(status=204, headers={"HX-Redirect": back}) if part else redirect(back)


def _page(address: str) -> str:
    """The path and query of a URL that anybody may have written."""
    try:
        there = urlsplit(address)
    except ValueError:
        return ""
    return there.path + (f"?{there.query}" if there.query else "")
