"""Every address of the dashboard."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

FEATURES = ("overview", "signin", "buying", "numbers", "trials", "calls", "trunk", "pbx", "users", "audit")
OPERATORS = ("accounts", "inventory", "carriers", "routes", "endpoints", "nodes")


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """For whoever watches this process; the database is others' to watch."""
    return HttpResponse("alive\n", content_type="text/plain")


urlpatterns = [
    path("alive", alive, name="alive"),
    *(path("", include(f"trunkline.control.dashboard.{feature}.urls")) for feature in (*FEATURES, *OPERATORS)),
]

handler400 = "trunkline.control.dashboard.errors.bad"
handler403 = "trunkline.control.dashboard.errors.forbidden"
handler404 = "trunkline.control.dashboard.errors.not_found"
handler500 = "trunkline.control.dashboard.errors.broken"
