"""For operators: the places where PBXs reach the service, and the nodes that have told of calls."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from trunkline.control.dashboard.pages import only_operators, show
from trunkline.control.endpoints import services


@require_GET
def endpoints(request: HttpRequest) -> HttpResponse:
    only_operators(request)
    made = [services.as_dict(endpoint) for endpoint in services.everyone()]
    own = [] if made else services.published()
    return show(request, "endpoints/list.html", {"section": "endpoints", "endpoints": made, "own": own})
