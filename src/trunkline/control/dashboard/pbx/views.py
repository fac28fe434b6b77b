"""Products > Trunk > a PBX: its configuration, with the account's own key and numbers.

A secret is in the answer to the request that made its key, and in the archive that is made from that page.
"""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from trunkline.control.dashboard.pages import only_managers, show
from trunkline.control.dashboard.pbx.form import PbxForm
from trunkline.control.errors import ServiceError
from trunkline.control.keys import services as keys
from trunkline.control.keys.models import CALLS, FOR_PBXS, Key
from trunkline.control.pbx import services
from trunkline.pbx import archive as archives
from trunkline.pbx import registry, sheet
from trunkline.pbx.configuration import Configuration
from trunkline.pbx.system import System


@require_http_methods(["GET", "POST"])
def pbx(request: HttpRequest, name: str) -> HttpResponse:
    """The page; a POST makes a key for this PBX first."""
    system = _system(request, name)
    if request.method == "GET":
        return _page(request, system, PbxForm(system, request.account, _keys(request), request.GET))
    only_managers(request)
    form = PbxForm(system, request.account, _keys(request), request.POST)
    if not form.is_valid():
        return _page(request, system, form)
    with transaction.atomic():  # no key is left of a configuration that cannot be made
        key, secret = keys.create(request.account, CALLS)  # a PBX needs no more, and its files may be copied
        made, refused = _made(request, system, form, key, secret)
        transaction.set_rollback(made is None)
    if made is None:
        return _page(request, system, form, refused=refused)
    asked = request.POST.dict() | {"key": key.name}
    return _page(request, system, PbxForm(system, request.account, _keys(request), asked), key, secret)


@require_POST
def archive(request: HttpRequest, name: str) -> HttpResponse:
    """The files in one, with the secret if the page that asked for it had it."""
    system = _system(request, name)
    form = PbxForm(system, request.account, _keys(request), request.POST)
    made, refused = _made(request, system, form, None, request.POST.get("secret", ""))
    if made is None:
        return _page(request, system, form, refused=refused)
    headers = {"Content-Disposition": f'attachment; filename="{archives.name(made)}"'}
    return HttpResponse(archives.tar(made), content_type="application/gzip", headers=headers)


def _system(request: HttpRequest, name: str) -> System:
    """Raises Http404 also where nobody's account is looked at."""
    if request.account is None or name not in registry.systems_by_name():
        raise Http404
    return registry.get(name)


def _keys(request: HttpRequest) -> list[Key]:
    return list(keys.listing(request.account).filter(enabled=True, scope__in=FOR_PBXS))


def _made(
    request: HttpRequest, system: System, form: PbxForm, key: Key | None, secret: str
) -> tuple[Configuration | None, str]:
    """The configuration, or None and why there is none."""
    if not form.is_valid():
        return None, ""
    mine = {key.name: key for key in _keys(request)}
    key = key or mine.get(form.cleaned_data.get("key", "")) or next(reversed(mine.values()), None)
    if key is None:
        return None, ""
    number, closest, its = form.cleaned_data["number"], form.cleaned_data.get("closest"), form.options
    try:
        trunk = services.trunk(
            request.account,
            key,
            secret,
            [number] if number else [],
            [closest] if closest else [],
            address=its.public_address or its.address,
        )
        return services.configuration(system.name, trunk, its), ""
    except ServiceError as error:
        return None, str(error)


def _page(
    request: HttpRequest, system: System, form: PbxForm, key: Key | None = None, secret: str = "", refused: str = ""
) -> HttpResponse:
    made: Configuration | None = None
    if not refused:
        made, refused = _made(request, system, form, key, secret)
    values = {
        "section": "trunk",
        "system": system,
        "form": form,
        "asked": form.asked,
        "keys": _keys(request),
        "key": key,
        "secret": secret,
        "refused": refused,
        "markup": mark_safe(sheet.html(made)) if made else "",  # escaped by its own templates
    }
    return show(request, "pbx/pbx.html", values, status=422 if refused or form.errors else 200)
