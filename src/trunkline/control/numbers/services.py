"""What can be done with numbers. Every function raises ServiceError with what to do instead."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.keys.models import FOR_PBXS, Key
from trunkline.control.numbers.circles import Circles
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.numbering import country_and_kind
from trunkline.control.numbers.seen import Seen, check
from trunkline.control.sources import called
from trunkline.control.words import check_e164, check_prefix, missing
from trunkline.sip import forward as forwarding
from trunkline.sip.uri import DEFAULT_PORT, ip_version, is_ip

LONGEST = 10_000  # characters of a Forward to SIP list: the SIP messages of its calls have parts of it
DEAREST = Decimal(1_000_000)  # EUR a month


class ForwardRefused(ServiceError):
    """A *Forward to SIP* text cannot be used. `problem` says why without naming commands, `entry` counts from 1
    (0: the text as a whole), `start` and `end` are the faulty entry's place in the text."""

    def __init__(self, text: str, problem: str, entry: int = 0, start: int = 0, end: int = 0):
        super().__init__(text)
        self.problem, self.entry, self.start, self.end = problem, entry, start, end


def get(text: str) -> Number:
    digits = check_e164(text)
    number = Number.objects.select_related("account").filter(e164=digits).first()
    if number is None:
        raise missing("number", f"+{digits}", "see `trunkline number list`, or add it with `trunkline number add`")
    return number


def listing(
    account: Account | None = None, prefix: str = "", unassigned: bool = False, containing: str = ""
) -> QuerySet[Number]:
    """The numbers of an account, of a prefix, with some digits somewhere, or the inventory that no account has."""
    numbers = Number.objects.select_related("account").order_by("e164")
    if account:
        numbers = numbers.filter(account=account)
    if unassigned:
        numbers = numbers.filter(account=None)
    if prefix:
        digits = check_prefix(prefix)
        numbers = numbers.filter(e164__range=(digits, digits.ljust(15, "9")))  # a range uses the index everywhere
    if containing:
        numbers = numbers.filter(e164__contains=containing)
    return numbers


def going_nowhere(numbers: QuerySet[Number]) -> QuerySet[Number]:
    """Those of `numbers` that an account has and does not forward: their calls are refused."""
    return numbers.filter(forward="", account__isnull=False)


def add(text: str, account: Account | None = None, forward: str = "", monthly_cost: str = "0") -> Number:
    """Take in a number, for an account or (None) into the operator's inventory, where it is for sale."""
    digits, forward, cost = check_e164(text), check_forward(forward, account), check_cost(monthly_cost)
    country, kind = country_and_kind(digits)
    with writing() as log:
        there = Number.objects.select_related("account").filter(e164=digits).first()
        if there:
            whose = f"account {there.account.name!r} has it" if there.account else "it is in the inventory"
            raise ServiceError(f"number +{digits} exists already: {whose}")
        number = Number.objects.create(
            e164=digits, country=country, kind=kind, monthly_cost=cost, account=account, forward=forward
        )
        _note_called(number)
        log.note("number", number.pk)
    return number


def assign(number: Number, account: Account | None) -> Number:
    """Give a number to an account, or back to the inventory. Its forward goes with the account it was for."""
    with writing() as log:
        number.refresh_from_db()
        if number.account_id != (account.pk if account else None):
            number.account, number.forward = account, ""
            number.save(update_fields=["account", "forward"])
            log.note("number", number.pk)
    return number


def assign_all(texts: Iterable[str], account: Account | None) -> None:
    """Give numbers to an account, or back to the inventory; all of them, or with one that is not there none."""
    with writing():
        for number in [get(text) for text in texts]:
            assign(number, account)


def remove_all(texts: Iterable[str]) -> None:
    """Forget numbers; all of them, or with one that is not there none."""
    with writing():
        for number in [get(text) for text in texts]:
            remove(number)


def change(number: Number, *, monthly_cost: str) -> Number:
    """Say what a number costs."""
    number.monthly_cost = check_cost(monthly_cost)
    with writing() as log:
        number.save(update_fields=["monthly_cost"])
        log.note("number", number.pk)  # to nodes it is the same; an import that has looked at it sees that it is not
    return number


def forward(number: Number, text: str, seen: Seen | None = None) -> Number:
    """Set the *Forward to SIP* list; '' forwards the number nowhere. Raises Overtaken for a number that is not what was
    `seen`, unless its list is as wanted already."""
    canonical = check_forward(text, number.account)
    with writing() as log:
        # Whoever had the right to say where its calls go may have lost it since the number was looked up.
        own = listing().filter(pk=number.pk, account=number.account_id).first()
        if own is None:
            raise ServiceError(f"number {number} was given to another account meanwhile: its forward is not changed")
        if own.forward != canonical:
            check(own, seen)
        number.forward = canonical
        number.save(update_fields=["forward"])
        _note_called(number)
        log.note("number", number.pk)
    return number


def remove(number: Number) -> None:
    with writing() as log:
        log.note("number", number.pk)
        number.delete()


def check_cost(text: str) -> Decimal:
    """EUR a month, with cents."""
    try:
        cost = Decimal(text.strip())
        if cost.is_finite() and 0 <= cost < DEAREST and cost == round(cost, 2):
            return round(cost, 2)
    except InvalidOperation:
        pass
    raise ServiceError(
        f"{text[:40]!r} is not a price: write euros a month, like 1.25, "
        f"with two decimals at most, and less than {DEAREST:,}"
    )


def check_forward(text: str, account: Account | None, circles: Circles | None = None) -> str:
    """The canonical form of a *Forward to SIP* text for a number of this account; many texts that are checked together
    share `circles`. Raises ForwardRefused."""
    if len(text) > LONGEST:
        problem = f"it has {len(text):,} characters; at most {LONGEST:,} are read"
        raise ForwardRefused(f"cannot forward to that: {problem}", problem)
    try:
        targets = forwarding.parse(text)
    except forwarding.ForwardError as error:
        what = repr(text[error.start : error.end].strip()) if error.entry else "that"
        said = f"cannot forward to {what}: {error}. A URI is written like sip:1234@example.com;timeout=2000"
        raise ForwardRefused(said, error.problem, error.entry, error.start, error.end) from None
    circles = circles or Circles()
    for entry, target in enumerate(targets, 1):
        ours = target.host == settings.TRUNKLINE_REALM
        if refused := _check_key(target.user, account) if ours else _check_place(target, circles):
            where = f"{target.user}@{target.host}" if ours else target.host
            start = max(text.lower().find(where.lower()), 0)
            raise ForwardRefused(*refused, entry, start, start + len(where))
    return forwarding.canonical(targets)


def _note_called(number: Number) -> None:
    if number.account_id:
        called.note((number.account_id, address) for address in called.addresses(number.forward))


def _check_place(target: forwarding.ForwardTarget, circles: Circles) -> tuple[str, str] | None:
    """What is wrong with an IP address, as `_check_key` says it. Where a name leads, the edge judges at each call."""
    what = _no_pbx(target)
    if not what:
        return _way_back(target) if circles.leads_back(target) else None
    problem = f"{target.host} is {what}: write the address at which this service reaches your PBX"
    hint = "for a PBX on this machine set sip.local_targets = true in trunkline.toml"
    return f"cannot forward to {target.uri}: {problem}; {hint}", problem


def _way_back(target: forwarding.ForwardTarget) -> tuple[str, str]:
    """What is wrong with a way back to this service, as `_check_key` says it."""
    problem = (
        f"{target.host} is this service's own SIP address, so the call would only come back: write the address of "
        f"your PBX, or sip:KEY@{settings.TRUNKLINE_REALM} for one that registers"
    )
    return f"cannot forward to {target.uri}: {problem}", problem


def _no_pbx(target: forwarding.ForwardTarget) -> str:
    """What an IP address is that no PBX can be called at; '' for a PBX, or a name."""
    if not is_ip(target.host):
        return ""
    return settings.TRUNKLINE.fence.problem(target.host, target.port or DEFAULT_PORT[target.transport])


def _check_key(name: str, account: Account | None) -> tuple[str, str] | None:
    """What is wrong with sip:KEY@DOMAIN, for the command line and for the dashboard; None when it is right.

    It means the PBX that registers with that key, which must be one of the number's own account.
    """
    if account is None:
        problem = "the number has no account, so it has no key"
        return f"cannot forward to a registered PBX: {problem}", problem
    if Key.objects.filter(name=name, account=account, scope__in=FOR_PBXS).exists():
        return None
    problem = f"account {account.name!r} has no key {name!r} that a PBX may have"
    uri = f"sip:{name}@{settings.TRUNKLINE_REALM}"
    return f"cannot forward to {uri}: {problem}; see `trunkline key list --account {account.name}`", problem


def warnings(targets: list[forwarding.ForwardTarget], account: Account | None) -> list[str]:
    """What the owner should know of a *Forward to SIP* list, though it can be used."""
    setting = account.srtp if account else Account.ACCEPTED
    said = []
    for entry, target in enumerate(targets, 1):
        if setting == Account.REQUIRED and target.media == "rtp":
            said.append(f"entry {entry}: its account requires SRTP, so media=rtp has no effect")
        if target.takes_srtp(setting) and target.transport != "tls":
            said.append(f"entry {entry}: its SRTP keys can be read by anyone on the way: add ;transport=tls")
        if what := _no_pbx(target):  # written when that was allowed
            said.append(f"entry {entry}: calls skip it, as {target.host} is {what}")
        elif is_ip(target.host) and ip_version(target.host) != (ours := ip_version(settings.TRUNKLINE.sip_address)):
            said.append(f"entry {entry}: nodes that have only IPv{ours}, like this one, skip it")
    return said


def as_dict(number: Number) -> dict[str, object]:
    targets = forwarding.parse(number.forward)
    return {
        "number": f"+{number.e164}",
        "country": number.country,
        "kind": number.kind,
        "monthly_cost": f"{number.monthly_cost:.2f}",
        "account": number.account.name if number.account else None,
        "forward": number.forward,
        "targets": [target.as_dict() for target in targets],
        "warnings": warnings(targets, number.account),
        "created": number.created,
    }
