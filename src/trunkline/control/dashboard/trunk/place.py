"""Products > Trunk: where the customer says that its PBX is."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from trunkline.control.accounts import services
from trunkline.control.dashboard.pages import managed
from trunkline.control.dashboard.trunk.views import page
from trunkline.control.errors import ServiceError


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """`place` is latitude and longitude with a comma between; empty: it is not known."""
    account, text = managed(request), request.POST.get("place", "").strip()
    try:
        services.place(account, *_read(text))
    except ServiceError as error:
        return page(request, place=(text[:100], str(error)))
    return redirect("/trunk/#server")


def _read(text: str) -> tuple[float | None, float | None]:
    if not text:
        return None, None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        raise ServiceError("that is no place: write latitude and longitude in degrees, like 52.52, 13.405") from None
    return latitude, longitude
