"""The account: its limits, as they are in force."""

from django.http import HttpRequest
from ninja import Router

from trunkline.control.accounts import services
from trunkline.control.api import schemas

router = Router(tags=["account"])


@router.get("", response=schemas.Account, summary="The account and its limits")
def get_account(request: HttpRequest):
    account = request.caller.account
    return services.as_dict(account) | {"numbers": account.numbers.count()}
