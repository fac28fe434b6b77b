"""Numbers: those that the account has, and those that it can buy."""

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from trunkline.control.api import paging, schemas
from trunkline.control.api.conditions import TAGGED, IfMatch, seen, tag
from trunkline.control.api.paths import ROOT
from trunkline.control.api.problems import Problem
from trunkline.control.numbers import inventory, services
from trunkline.control.numbers.models import Number
from trunkline.sip import forward as forwarding
from trunkline.sip.number import e164

router = Router(tags=["numbers"])

InPath = Path(description="E.164, with or without '+'.", max_length=64, examples=["447700900000"])


class Search(paging.Portion):
    country: str | None = Field(None, pattern="^[A-Za-z]{2}$", description="Two letters of ISO 3166, like `GB`.")
    kind: schemas.Kind | None = None
    digits: str = Field("", pattern=r"^\+?[0-9]{0,15}$", description="Digits of the number, with its country code.")
    at: schemas.Place = Field("starts", description="Where in the number the digits are.")


@router.get("", response=schemas.Numbers, summary="The account's numbers")
def list_numbers(request: HttpRequest, response: HttpResponse, search: Query[Search]):
    found = services.listing(request.caller.account)
    if search.country:
        found = found.filter(country=inventory.check_country(search.country))
    if search.kind:
        found = found.filter(kind=search.kind)
    return _portion(request, response, inventory.matching(found, search.digits, search.at), search)


@router.get("/available", response=schemas.NumbersForSale, summary="Numbers that can be bought")
def list_available_numbers(request: HttpRequest, response: HttpResponse, search: Query[Search]):
    """Those of the operator's inventory; none where `numbers_at_most` of the account is 0."""
    found = inventory.available(
        request.caller.account,
        country=search.country or "",
        kind=search.kind or "",
        pattern=search.digits,
        place=search.at,
    )
    return _portion(request, response, found, search)


@router.post("", response={201: schemas.Number}, summary="Buy a number")
def buy_number(request: HttpRequest, response: HttpResponse, purchase: schemas.Purchase):
    """It is the account's at once, and forwarded nowhere. Buying one that the account has already changes nothing."""
    try:
        cost = None if purchase.monthly_cost is None else services.check_cost(purchase.monthly_cost)
        number = inventory.buy(request.caller.account, purchase.number, cost)
    except inventory.NotForSale as error:
        raise Problem("not-for-sale", error) from None
    except inventory.CostsOtherwise as error:
        raise Problem("conflict", error) from None
    except inventory.BuyingRefused as error:
        raise Problem("buying-refused", error) from None
    response.headers["Location"] = f"{ROOT}numbers/{number.e164}"
    return services.as_dict(number)


@router.get("/{number}", response=schemas.Number, summary="One number", openapi_extra=TAGGED)
def get_number(request: HttpRequest, response: HttpResponse, number: str = InPath):
    own = own_number(request, number)
    response.headers["ETag"] = tag(own)
    return services.as_dict(own)


@router.delete("/{number}", response={204: None}, summary="Release a number")
def release_number(request: HttpRequest, number: str = InPath, if_match: IfMatch = None):
    """Its forward ends, and anybody can buy it at once. Releasing it again is no error."""
    try:
        inventory.release(request.caller.account, number, seen(if_match))
    except inventory.NotHad as error:
        raise Problem("not-found", error) from None
    except inventory.BuyingRefused as error:
        raise Problem("buying-refused", error) from None


@router.put("/{number}/forward", response=schemas.Number, summary="Forward to SIP")
def forward_number(request: HttpRequest, wanted: schemas.Forward, number: str = InPath, if_match: IfMatch = None):
    """Calls go there within two seconds. Of a list with a fault nothing is taken: the problem's `entry` is the faulty
    URI's place from 1, `start` and `end` are where it stands in the text."""
    own = own_number(request, number)
    try:
        return services.as_dict(services.forward(own, wanted.forward, seen(if_match)))
    except services.ForwardRefused as error:
        raise _faulty(error) from None


@router.post("/{number}/forward/check", response=schemas.ForwardChecked, summary="Check a Forward to SIP list")
def check_forward(request: HttpRequest, wanted: schemas.Forward, number: str = InPath):
    """Nothing is written: the answer is what the list would come to, or what is wrong with it."""
    account = own_number(request, number).account
    try:
        kept = services.check_forward(wanted.forward, account)
    except services.ForwardRefused as error:
        raise _faulty(error) from None
    targets = forwarding.parse(kept)
    shown = [target.as_dict() for target in targets]
    return {"forward": kept, "targets": shown, "warnings": services.warnings(targets, account)}


def _faulty(error: services.ForwardRefused) -> Problem:
    """What points at the faulty URI."""
    where = {"entry": error.entry, "start": error.start, "end": error.end} if error.entry else {}
    fault = {"field": "forward", "problem": error.problem}
    entry = f"entry {error.entry}: " if error.entry else ""
    return Problem("invalid", f"{entry}{error.problem}", errors=[fault], **where)


def own_number(request: HttpRequest, text: str) -> Number:
    """The number, if it is the caller's; whether a stranger's exists is not told."""
    digits = e164(text)
    number = services.listing(request.caller.account).filter(e164=digits).first() if digits else None
    if number is None:
        raise Problem("not-found", f"The account has no number {text[:20]!r}")
    return number


def _portion(request: HttpRequest, response: HttpResponse, found, search: Search) -> dict:
    if place := paging.after(search.cursor, str):
        found = found.filter(e164__gt=place[0])
    rows, following = paging.portion(request, response, found[: search.size + 1], search.size, lambda n: [n.e164])
    return {"items": [services.as_dict(number) for number in rows], "next": following}
