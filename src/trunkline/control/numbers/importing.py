"""Many numbers at once: rows of a table are checked first, each fault by its line, then written together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, partial
from hashlib import sha256
from itertools import batched
from typing import NamedTuple

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import Log, sequence, writing
from trunkline.control.errors import ServiceError
from trunkline.control.numbers.circles import Circles
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.numbering import country_and_kind
from trunkline.control.numbers.services import check_cost, check_forward
from trunkline.control.sources import called
from trunkline.control.words import check_e164

PORTION = 5_000  # numbers
PLANS = 3  # that are made while others write
WRITTEN = ("account_id", "forward", "monthly_cost")


class Row(NamedTuple):
    """What a line of the table says; all but `number` may be ''. `problem`: why it is no row at all."""

    line: int
    number: str
    account: str
    forward: str
    problem: str = ""
    monthly_cost: str = ""  # '': stays, and of another number 0


class Problem(NamedTuple):
    line: int
    number: str
    problem: str


@dataclass(slots=True)
class Plan:
    """What an import would do. `unchanged` numbers are here already, just so. `seen` is a digest of what the numbers of
    the table were like, hex: with another one, somebody changed one of them."""

    add: list[Number] = field(default_factory=list)
    update: list[Number] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    seen: str = ""
    called: set[tuple[int, str]] = field(default_factory=set)  # accounts' ids, and IP addresses that numbers lead to


def plan(rows: Iterable[Row], update: bool = False, progress: Callable[[int], None] | None = None) -> Plan:
    """Check the rows against each other and the database. A number that is here, but otherwise, is a problem
    unless `update` is wanted. `progress` is told now and then how many rows are checked."""
    result = Plan()
    accounts = {account.name: account for account in Account.objects.all()}
    checked = _checked(rows, accounts, result)
    seen = sha256()
    for portion in batched(checked, PORTION, strict=False):
        if progress:
            progress(len(portion) + len(result.add) + len(result.update) + result.unchanged + len(result.problems))
        here = {n.e164: n for n in Number.objects.filter(e164__in=[wanted.e164 for _, wanted in portion])}
        for line, wanted in portion:
            was = here.get(wanted.e164)
            seen.update(f"{wanted.e164} {was and [getattr(was, field) for field in WRITTEN]}\n".encode())
            _place(result, line, wanted, was, update)
    result.problems.sort()
    result.seen = seen.hexdigest()
    return result


def carry_out(rows: Sequence[Row], update: bool = False, written: Callable[[Plan], None] = lambda plan: None) -> Plan:
    """Plan and, when there is no problem, do it, all in one transaction; with a problem nothing is written.

    `written` is called in that transaction. The plan is made before it, so that others wait for the writing alone, and
    made again when somebody wrote meanwhile: where somebody always does, in the end while the others wait.
    """
    for _ in range(PLANS):
        before, result = sequence(), plan(rows, update)
        with writing("imported") as log:
            if sequence() == before:
                _write(result, log, written)
                return result
    with writing("imported") as log:
        result = plan(rows, update)
        _write(result, log, written)
    return result


def _checked(rows: Iterable[Row], accounts: dict[str, Account], result: Plan) -> Iterator[tuple[int, Number]]:
    forward_of = lru_cache(10_000)(partial(check_forward, circles=Circles()))
    cost_of, addresses_of = lru_cache(10_000)(check_cost), lru_cache(10_000)(called.addresses)
    lines: dict[str, int] = {}
    for row in rows:
        try:
            if row.problem:
                raise ServiceError(row.problem)
            digits = check_e164(row.number)
            if digits in lines:
                raise ServiceError(f"the number is in line {lines[digits]} already")
            lines[digits] = row.line
            if row.account and row.account not in accounts:
                raise ServiceError(f"there is no account {row.account[:63]!r}: make it first, or leave the field empty")
            account = accounts.get(row.account)
            wanted = Number(e164=digits, account=account, forward=forward_of(row.forward, account))
            wanted.monthly_cost = cost_of(row.monthly_cost) if row.monthly_cost else None
            if account:
                result.called.update((account.pk, address) for address in addresses_of(wanted.forward))
            yield row.line, wanted
        except ServiceError as error:
            result.problems.append(Problem(row.line, row.number, str(error)))


def _place(result: Plan, line: int, wanted: Number, here: Number | None, update: bool) -> None:
    if wanted.monthly_cost is None:
        wanted.monthly_cost = here.monthly_cost if here else Decimal()
    if here is None:
        wanted.country, wanted.kind = country_and_kind(wanted.e164)
        result.add.append(wanted)
    elif all(getattr(here, field) == getattr(wanted, field) for field in WRITTEN):
        result.unchanged += 1
    elif update:
        for field in WRITTEN:
            setattr(here, field, getattr(wanted, field))
        result.update.append(here)
    else:
        problem = (
            "the number exists already, with other values: choose 'Change numbers that exist already' "
            "(on the command line --update)"
        )
        result.problems.append(Problem(line, f"+{wanted.e164}", problem))


def _write(result: Plan, log: Log, written: Callable[[Plan], None]) -> None:
    """Nothing of a plan that has problems."""
    if result.problems:
        return
    for portion in batched(result.add, PORTION, strict=False):
        Number.objects.bulk_create(portion)
    for portion in batched(result.update, PORTION, strict=False):
        Number.objects.bulk_change(portion, WRITTEN, "e164")
    called.note(result.called)
    log.note("number", *(number.pk for number in (*result.add, *result.update)))
    written(result)
