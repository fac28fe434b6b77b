"""Links that somebody else opens than who has them made."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from trunkline.control.users.resetting import Parts

HTTPS = 443


def to_password(request: HttpRequest, parts: Parts) -> str:
    """At the host and port that the request names, if people reach the dashboard there: anybody can write a Host, of
    which Django looks at the name alone."""
    its, asked = settings.TRUNKLINE, request.get_host().lower()
    names = its.web.names or settings.ALLOWED_HOSTS
    ours = {f"{name}{port}" for name in names for port in ("", f":{HTTPS}", f":{its.web.port}")}.union(its.web.hosts)
    return (f"https://{asked}" if asked in ours else its.web_url.rstrip("/")) + reverse("reset", args=parts)
