"""A PBX's configuration, from what the account has and how the service is reached."""

from collections.abc import Iterable

from django.conf import settings

from trunkline.contract import endpoints as contract
from trunkline.control.accounts.models import Account
from trunkline.control.endpoints import distances, nearest
from trunkline.control.endpoints import services as published
from trunkline.control.endpoints.nearest import Place
from trunkline.control.errors import ServiceError
from trunkline.control.keys.models import FOR_PBXS, Key
from trunkline.control.numbers import services as numbers
from trunkline.control.numbers.models import Number
from trunkline.control.words import missing
from trunkline.home import Home
from trunkline.pbx import PbxError, registry
from trunkline.pbx.configuration import Configuration
from trunkline.pbx.trunk import Endpoint, MediaRange, Options, Trunk

NUMBERS_AT_MOST = 200  # in one configuration: a line for each, which somebody reads


def configuration(system: str, trunk: Trunk, options: Options) -> Configuration:
    """Raises ServiceError for a PBX that is not here, and for what it cannot have."""
    try:
        return registry.generate(system, trunk, options)
    except PbxError as error:
        raise ServiceError(str(error)) from error


def trunk(
    account: Account,
    key: Key | None = None,
    secret: str = "",
    only: Iterable[str] = (),
    closest: Iterable[str] = (),
    caller_name: str = "",
    address: str = "",
) -> Trunk:
    """The trunk of an account for one of its keys: the only one that it has, unless `key` says which.

    `only` are some of its numbers, the first one being the caller ID; all of them where it is empty. `closest` are the
    hosts of endpoints that come first; where nobody names one, the order is that of what the nodes measured to the PBX
    at `address` (or to another of the account's), or of the account's coordinates.
    """
    key = key or _only_key(account)
    if key.account_id != account.pk:
        raise missing("key", key.name, f"account {account.name!r} has no such key")
    if key.scope not in FOR_PBXS:
        raise ServiceError(f"key {key.name} has scope owner, which is for programs only: a PBX needs another key")
    digits = _numbers(account, only)
    endpoints, guessed = _ordered(account, closest, address)
    return Trunk(
        domain=settings.TRUNKLINE_REALM,
        key=key.name,
        secret=secret,
        numbers=digits,
        caller_id=digits[0],
        endpoints=tuple(map(_endpoint, endpoints)),
        sources=tuple(dict.fromkeys(source for one in published.published() for source in one.sources)),
        media=tuple(
            MediaRange(where.network, where.port_min, where.port_max)
            for one in published.published()
            for where in one.media
        ),
        srtp=account.srtp,
        guessed=guessed,
        srv=_srv_name(endpoints[0].region),
        srv_kept=bool(settings.TRUNKLINE.dns.primary),
        ca=authority(),
        caller_name=caller_name.strip(),
    )


def hosts() -> list[str]:
    """Of the endpoints, as they may be named for the closest."""
    return [one.host for one in published.published()]


def _only_key(account: Account) -> Key:
    usable = Key.objects.select_related("account").filter(account=account, enabled=True, scope__in=FOR_PBXS)
    keys = list(usable.order_by("created")[:2])
    if not keys:
        raise ServiceError(f"account {account.name!r} has no key: make one with `trunkline key add {account.name}`")
    if len(keys) > 1:
        raise ServiceError(f"account {account.name!r} has several keys: say which one this PBX is to have")
    return keys[0]


def _numbers(account: Account, only: Iterable[str]) -> tuple[str, ...]:
    wanted = [numbers.get(text) for text in only]
    for number in wanted:
        if number.account_id != account.pk:
            raise missing("number", str(number), f"account {account.name!r} has no such number")
    found = wanted or list(Number.objects.filter(account=account).order_by("e164")[: NUMBERS_AT_MOST + 1])
    if not found:
        hint = f"`trunkline number assign NUMBER --account {account.name}` gives it one"
        raise ServiceError(f"account {account.name!r} has no number, and a PBX needs one to call with: {hint}")
    if len(found) > NUMBERS_AT_MOST:
        raise ServiceError(f"account {account.name!r} has more than {NUMBERS_AT_MOST} numbers: say which ones to take")
    return tuple(dict.fromkeys(number.e164 for number in found))


def _ordered(account: Account, closest: Iterable[str], address: str) -> tuple[list[contract.Endpoint], bool]:
    """The endpoints, the closest first, and whether that is a guess. Those named in `closest` come first, in its order,
    and the others by their distance from the first of these; where none is known, those of its region, then as they
    are listed."""
    listed = published.published()
    by_host = {one.host.lower(): one for one in listed}
    named = [host.strip().lower().rstrip(".") for host in closest]
    for host in named:
        if host not in by_host:
            raise ServiceError(f"there is no endpoint {host!r}: the endpoints are {', '.join(by_host)}")
    if not named:
        near = distances.closest(account, address if address in _measured(account) else None)
        measured = sum(one.milliseconds is not None for one in near)  # one alone compares with nothing
        return [one.endpoint for one in near], measured < 2 and all(one.kilometres is None for one in near)
    first = [by_host[host] for host in dict.fromkeys(named)]
    here = Place(first[0].latitude, first[0].longitude) if first[0].latitude is not None else None
    others = [one for one in listed if one not in first]
    others.sort(key=lambda one: one.region != first[0].region)  # the same distance leaves them in this order
    order = nearest.order(others, here)
    return [*first, *order.balanced, *order.backup], False


def _measured(account: Account) -> list[str]:
    """The addresses of its PBXs that the nodes have measured to."""
    return [pbx.address for pbx in distances.pbxs(account)]


def _endpoint(one: contract.Endpoint) -> Endpoint:
    """Each address takes the same ports."""
    return Endpoint(one.host, one.addresses, {"udp": one.port, "tcp": one.port, "tls": one.tls_port})


def _srv_name(region: str) -> str:
    """Below which the SRV records of a region are (`dns/zone.py`); '' where the domain does not lie in our zone."""
    domain, zone = settings.TRUNKLINE.sip.domain, settings.TRUNKLINE.dns_zone
    return f"{region}.{domain}" if f".{domain}".endswith(f".{zone}") else ""


def authority() -> str:
    """The PEM of our own authority, if it issued this node's certificate; '' if one did that systems know."""
    from cryptography import x509  # it takes a moment, which most commands shall not wait for

    home = Home(settings.TRUNKLINE.home)
    for folder in (home.tls, home.staged("web")):  # the dashboard's user reads copies
        try:
            ca, node = (folder / "ca.crt").read_bytes(), (folder / "node.crt").read_bytes()
        except (FileNotFoundError, PermissionError):
            continue
        if x509.load_pem_x509_certificate(node).issuer == x509.load_pem_x509_certificate(ca).subject:
            return ca.decode()
        return ""
    return ""
