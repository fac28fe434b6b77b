"""The five operations. What the services refuse is their status 420, with the services' words."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from trunkline.control.accounts.models import Account
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.keys.models import Key
from trunkline.control.number_api import wire
from trunkline.control.number_api.parameters import OURS, Parameters
from trunkline.control.number_api.wire import Refused
from trunkline.control.numbers import inventory, services
from trunkline.control.numbers.models import Number

type Operation = Callable[[HttpRequest, Account, Parameters], HttpResponse]


def owned(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
    country, (digits, place), portion = asked.country(required=False), asked.pattern(), asked.portion()
    found = inventory.matching(services.listing(account), digits, place)
    if country:
        found = found.filter(country=country)
    if asked.flag("has_application") or asked.get("application_id"):
        found = found.none()  # there are no applications here
    return _numbers(request, found, portion, _owned)


def search(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
    digits, place = asked.pattern()
    found = inventory.available(account, country=asked.country(), kind=asked.kind(), pattern=digits, place=place)
    if not asked.has_what_is_asked():
        found = found.none()
    return _numbers(request, found, asked.portion(), lambda number: _number(number) | {"cost": _cost(number)})


def buy(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
    _check_target(account, asked)
    inventory.buy(account, asked.number())
    return wire.done(request)


def cancel(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
    _check_target(account, asked)
    inventory.release(account, asked.number())
    return wire.done(request)


def update(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
    number = services.listing(account).filter(e164=asked.number()).first()
    if number is None:
        raise Refused(f"the account has no number {asked.number()}")
    asked.refuse(("app_id", "messagesCallbackType", "messagesCallbackValue"), "there are no applications here")
    asked.refuse(("moHttpUrl", "moSmppSysType"), "messages are not carried here")
    asked.refuse(("voiceStatusCallback",), "see the list of calls instead")
    kind, value = asked.get("voiceCallbackType"), asked.get("voiceCallbackValue")
    if kind not in (None, "", "sip"):
        raise Refused(
            f"voiceCallbackType {kind[:20]!r} is not supported: write sip, and SIP URIs in voiceCallbackValue"
        )
    if kind == "sip" and value is None:
        raise Refused("voiceCallbackValue must be given with voiceCallbackType; an empty one removes the forward")
    if value and not kind:
        raise Refused("voiceCallbackType must be given with voiceCallbackValue: write sip")
    if kind is not None or value is not None:
        services.forward(number, value or "")
    return wire.done(request)


def _check_target(account: Account, asked: Parameters) -> None:
    """The key of a subaccount, of which there are none here."""
    key = asked.get("target_api_key")
    if key and not Key.objects.filter(name=key, account=account).exists():
        raise Refused("target_api_key is not a key of the account")


def _numbers(
    request: HttpRequest, found: QuerySet[Number], portion: slice, shown: Callable[[Number], Mapping]
) -> HttpResponse:
    return wire.numbers(request, found.count(), map(shown, found[portion]))


def _number(number: Number) -> dict[str, object]:
    return {"country": number.country, "msisdn": number.e164, "type": number.kind, "features": [OURS]}


def _owned(number: Number) -> dict[str, object]:
    callback = {"voiceCallbackType": "sip", "voiceCallbackValue": number.forward} if number.forward else {}
    return _number(number) | callback


def _cost(number: Number) -> str:
    return f"{number.monthly_cost:.2f}"


def _told(operation: Operation) -> Operation:
    @wraps(operation)
    def tell(request: HttpRequest, account: Account, asked: Parameters) -> HttpResponse:
        try:
            return operation(request, account, asked)
        except DatabaseUnavailable:
            raise
        except services.ForwardRefused as error:
            where = f"entry {error.entry}: " if error.entry else ""
            raise Refused(f"voiceCallbackValue cannot be used: {where}{error.problem}") from None
        except ServiceError as error:
            raise Refused(error) from None

    return tell


OPERATIONS: Mapping[str, tuple[str, Operation]] = {
    "/account/numbers": ("GET", _told(owned)),
    "/number/search": ("GET", _told(search)),
    "/number/buy": ("POST", _told(buy)),
    "/number/cancel": ("POST", _told(cancel)),
    "/number/update": ("POST", _told(update)),
}
