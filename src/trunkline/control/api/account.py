"""The account: its limits, as they are in force."""

from django.http import HttpRequest
from ninja import Router

from trunkline.control.accounts import services
from trunkline.control.accounts.models import Account
from trunkline.control.api import schemas

router = Router(tags=["account"])


@router.get("", response=schemas.Account, summary="The account and its limits")
def get_account(request: HttpRequest):
    return _as_dict(request.caller.account)


@router.put("/place", response=schemas.Account, summary="Say where the account's PBX is")
def place_account(request: HttpRequest, place: schemas.Coordinates):
    """The nearest endpoints come first then, unless nodes have measured the way to it."""
    return _as_dict(services.place(request.caller.account, place.latitude, place.longitude))


def _as_dict(account: Account) -> dict[str, object]:
    return services.as_dict(account) | {"numbers": account.numbers.count()}
