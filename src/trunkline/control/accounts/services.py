"""What can be done with accounts. Every function raises ServiceError with what to do instead."""

from collections.abc import Iterable

from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.sources import services as source_services
from trunkline.control.words import check_count, check_degrees, check_name, check_prefix, missing

LIMITS = ("caller_id", "calls_per_second", "calls_at_once", "destinations", "srtp", "numbers_at_most")


def get(name: str) -> Account:
    account = Account.objects.filter(name=name).first()
    if account is None:
        raise missing("account", name, "see `trunkline account list`, or make it with `trunkline account add`")
    return account


def everyone() -> QuerySet[Account]:
    return Account.objects.prefetch_related("sources").order_by("name")


def create(name: str, *, sources: Iterable[str] = (), **limits) -> Account:
    """Make an account. `limits` are the names in LIMITS, each with a default; `sources`, networks without digest."""
    check_name("an account", name)
    checked = check(limits)
    with writing() as log:
        if Account.objects.filter(name=name).exists():
            raise ServiceError(f"there is already an account {name!r}: choose another name")
        account = Account.objects.create(name=name, **checked)
        log.note("account", account.pk)
        source_services.add(account, *sources)
    return account


def change(account: Account, *, enabled: bool | None = None, **limits) -> Account:
    """Change what is given. A disabled account keeps everything it has, but its calls are refused."""
    checked = check(limits)
    if enabled is not None:
        checked["enabled"] = bool(enabled)
    with writing() as log:
        if checked and Account.objects.filter(pk=account.pk).update(**checked):
            log.note("account", account.pk)
        account.refresh_from_db()
    return account


def place(account: Account, latitude: float | None, longitude: float | None) -> Account:
    """Note where the account's PBX is, in degrees, for the order of the endpoints; None and None: nobody says."""
    if (latitude is None) != (longitude is None):
        raise ServiceError("a place needs latitude and longitude, or neither")
    if latitude is not None:
        latitude, longitude = check_degrees("latitude", latitude, 90), check_degrees("longitude", longitude, 180)
    with writing():
        Account.objects.filter(pk=account.pk).update(latitude=latitude, longitude=longitude)
        account.refresh_from_db()
    return account


def remove(account: Account) -> None:
    """Remove an account that never had anything; others are to be disabled, so that their records stay true."""
    with writing() as log:
        for what in ("numbers", "keys", "users", "calls", "calls_received"):
            if getattr(account, what).exists():
                held = what.replace("_", " ")
                raise ServiceError(
                    f"account {account.name!r} has {held} and cannot be removed: "
                    f"disable it with `trunkline account disable {account.name}`"
                )
        log.note("account", account.pk)
        account.delete()


def as_dict(account: Account) -> dict[str, object]:
    """The account as commands and the API show it."""
    return {
        "name": account.name,
        "enabled": account.enabled,
        "caller_id": account.caller_id,
        "calls_per_second": account.calls_per_second,
        "calls_at_once": account.calls_at_once,
        "destinations": account.destinations,
        "srtp": account.srtp,
        "numbers_at_most": account.numbers_at_most,
        "latitude": account.latitude,
        "longitude": account.longitude,
        "sources": sorted(str(source) for source in account.sources.all()),
        "created": account.created,
    }


def check(limits: dict) -> dict:
    """The limits that are given, as they are kept; those that are None are not given."""
    unknown = sorted(set(limits) - set(LIMITS))
    if unknown:
        raise ServiceError(f"an account has no {unknown[0]!r}: it has {', '.join(LIMITS)}")
    checked = {name: value for name, value in limits.items() if value is not None}
    for name in ("calls_per_second", "calls_at_once"):
        if name in checked:
            check_count(f"{name} (0 is no limit)", checked[name], 0, 100_000)
    if "numbers_at_most" in checked:
        check_count("numbers_at_most (0: it buys none)", checked["numbers_at_most"], 0, 1_000_000)
    if checked.get("caller_id", Account.ANY) not in (Account.ANY, Account.OWNED):
        raise ServiceError(
            f"caller_id cannot be {checked['caller_id']!r}: write 'any' (any E.164 number) "
            "or 'owned' (only the account's numbers)"
        )
    if checked.get("srtp", Account.ACCEPTED) not in Account.SRTP:
        raise ServiceError(
            f"srtp cannot be {checked['srtp']!r}: write 'accepted' (its PBX may call with it), "
            "'offered' (its PBX is offered it too) or 'required' (and RTP is refused)"
        )
    if "destinations" in checked:
        checked["destinations"] = _destinations(checked["destinations"])
    return checked


def _destinations(prefixes: Iterable[str]) -> list[str]:
    found = {check_prefix(prefix) for prefix in prefixes}
    if "" in found:
        raise ServiceError("an empty prefix among the destinations: leave the list itself empty to allow everywhere")
    return sorted(found)
