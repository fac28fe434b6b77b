"""The operator's inventory: what is for sale, and customers who buy and give back.

A number without an account is for sale. How many an account may have is `Account.numbers_at_most`; with 0 its numbers
are the operator's to give and take, and it sees nothing of the inventory.
"""

import re
from decimal import Decimal

from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.numbering import KINDS, has_numbers, meant
from trunkline.control.numbers.seen import Seen, check
from trunkline.control.words import check_e164

STARTS, CONTAINS, ENDS = PLACES = ("starts", "contains", "ends")
_DIGITS = re.compile(r"[0-9]{0,15}", re.ASCII)


class NotForSale(ServiceError):
    """Somebody has the number, or there is none; the text does not tell which."""


class NotHad(ServiceError):
    """The number is none of the account's."""


class BuyingRefused(ServiceError):
    """The account may not buy, or no more."""


class CostsOtherwise(ServiceError):
    """The number has another price than its buyer was told."""


def available(
    account: Account | None = None, *, country: str = "", kind: str = "", pattern: str = "", place: str = STARTS
) -> QuerySet[Number]:
    """The numbers that an account (None: an operator) can buy, in order: of a country, of one of numbering.KINDS, with
    the digits of `pattern` at one of PLACES."""
    found = Number.objects.filter(account=None).order_by("e164")
    if account and not account.numbers_at_most:
        return found.none()
    if country:
        found = found.filter(country=check_country(country))
    if kind:
        found = found.filter(kind=check_kind(kind))
    return matching(found, pattern, place)


def matching(numbers: QuerySet[Number], pattern: str, place: str = STARTS) -> QuerySet[Number]:
    """Those of `numbers` that start with, contain or end with some digits; '' is all."""
    if place not in PLACES:
        raise ServiceError(f"digits cannot be looked for at {place!r}: write one of {', '.join(PLACES)}")
    digits = pattern.strip().removeprefix("+")
    if not _DIGITS.fullmatch(digits):
        raise ServiceError(f"{pattern[:40]!r} is not part of a number: write up to 15 digits")
    if not digits:
        return numbers
    match place:
        case "starts":  # a range uses the index everywhere
            return numbers.filter(e164__range=(digits, digits.ljust(15, "9")))
        case "contains":
            return numbers.filter(e164__contains=digits)
        case _:
            return numbers.filter(e164__endswith=digits)


def buy(account: Account, text: str, cost: Decimal | None = None) -> Number:
    """Give an account a number of the inventory, as its own wish; one that it has already is simply returned.

    `cost` is what the buyer was told that it costs, EUR a month; None where nobody was told. Raises BuyingRefused,
    NotForSale and CostsOtherwise.
    """
    digits = check_e164(text)
    with writing("bought") as log:
        account.refresh_from_db()
        number = Number.objects.select_related("account").filter(e164=digits).first()
        if number and number.account_id == account.pk:
            return number
        _check_may_buy(account)
        if number is None or number.account_id is not None:
            raise NotForSale(f"number +{digits} is not for sale: search for one that is")
        if cost not in (None, number.monthly_cost):
            raise CostsOtherwise(
                f"number {number} costs {number.monthly_cost} euros a month now: buy it if that is right"
            )
        number.account, number.forward = account, ""
        number.save(update_fields=["account", "forward"])
        log.note("number", number.pk)
    return number


def release(account: Account, text: str, seen: Seen | None = None) -> None:
    """Give a number of an account back to the inventory, as its own wish; its forward ends and anybody can buy it.

    Saying it twice is no error. Raises BuyingRefused, NotHad, and Overtaken for one that is not what was `seen`.
    """
    digits = check_e164(text)
    with writing("released") as log:
        account.refresh_from_db()
        number = Number.objects.select_related("account").filter(e164=digits).first()
        if number and number.account_id == account.pk:
            check(number, seen)
            if not account.numbers_at_most:
                raise BuyingRefused(f"only the operator can take number {number} back: ask whoever runs this service")
            number.account, number.forward, number.released_by = None, "", account
            number.save(update_fields=["account", "forward", "released_by"])
            log.note("number", number.pk)
        elif number is None or number.released_by_id != account.pk:
            raise NotHad(f"the account has no number +{digits}: see the list of its numbers")


def check_country(text: str) -> str:
    code = text.strip().upper()
    if not has_numbers(code):
        hint = f"{known}, its code in ISO 3166" if (known := meant(code)) else "two letters of ISO 3166, like GB"
        raise ServiceError(f"{text[:40]!r} is not the code of a country with numbers: write {hint}")
    return code


def check_kind(kind: str) -> str:
    if kind not in KINDS:
        raise ServiceError(f"{kind[:40]!r} is not a kind of number: write one of {', '.join(KINDS)}")
    return kind


def _check_may_buy(account: Account) -> None:
    most = account.numbers_at_most
    if not account.enabled:
        raise BuyingRefused("the account is disabled: ask whoever runs this service")
    if not most:
        raise BuyingRefused("only the operator can give this account numbers: ask whoever runs this service")
    if account.numbers.count() >= most:
        raise BuyingRefused(
            f"the account can buy no number while it has {most} or more: release one that it does not need, or ask "
            "whoever runs this service"
        )
