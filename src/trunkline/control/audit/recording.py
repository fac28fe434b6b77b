"""From rows that were written to entries of the log.

What a service writes in one go is gathered and written down at its end, so that an import of 100,000 numbers is one
entry. Entries are in the transaction of what they tell of.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import ForeignKey, Model
from django.utils import timezone

from trunkline.control.audit import actor
from trunkline.control.audit.models import Entry
from trunkline.control.audit.subject import Subject

MADE, CHANGED, REMOVED, GIVEN, TAKEN = "made", "changed", "removed", "given", "taken back"
PRUNED = 500  # entries at once; more than a usual write makes, so that the log does shrink
SINGLY = 20  # alike, in one go; more become one entry, or one for each account when those are not more either


@dataclass(slots=True)
class Difference:
    """What became of a row: `changes` are a field, its old and its new value; None where there was or is no row, and
    '' for a field without a value."""

    row: Model
    did: str
    account: int | None
    changes: list[tuple[str, Any, Any]]

    @property
    def subject(self) -> Subject:
        return self.row.AUDIT

    @property
    def name(self) -> str:
        return self.subject.name(self.row)


@dataclass(slots=True)
class Alike:
    """Differences of one kind: how many of each account, and the first of them."""

    first: list[Difference] = field(default_factory=list)
    accounts: Counter[int | None] = field(default_factory=Counter)


@dataclass(slots=True)
class Gathered:
    did: list[str] = field(default_factory=list)  # what the services at work call it, the innermost last
    alike: dict[tuple[str, str], Alike] = field(default_factory=dict)

    def add(self, difference: Difference) -> None:
        alike = self.alike.setdefault((difference.subject.kind, difference.did), Alike())
        alike.accounts[difference.account] += 1
        if len(alike.first) < SINGLY:
            alike.first.append(difference)


_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)


@contextmanager
def gathering(did: str = "") -> Iterator[None]:
    """Write down at the end of the block, which is in a transaction, what is written in it. `did` is what a person
    would say was done, where 'made', 'changed', 'removed', 'enabled' and 'disabled' do not say it."""
    gathered = _gathered.get()
    if gathered is not None:
        gathered.did.append(did)
        try:
            yield
        finally:
            gathered.did.pop()
        return
    gathered = Gathered([did])
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    _write(gathered)


def made(row: Model) -> None:
    _note(row, MADE, row.AUDIT.account(row), _filled(row, lambda value: (None, value)))


def removed(row: Model) -> None:
    _note(row, REMOVED, row.AUDIT.account(row), _filled(row, lambda value: (value, None)))


def changed(before: Model, after: Model, told: Iterable[str]) -> None:
    """Nothing is noted of a row that is as it was. One that goes from an account to another is told to each as if the
    other were nobody: who its customers are is the operator's business."""
    both = ((name, _value(before, name), _value(after, name)) for name in after.AUDIT.told if name in told)
    changes = [(name, "" if was is None else was, "" if now is None else now) for name, was, now in both if was != now]
    if not changes:
        return
    old, new = after.AUDIT.account(before), after.AUDIT.account(after)
    if old and new and old != new:
        with gathering(TAKEN):
            removed(before)
        with gathering(GIVEN):
            made(after)
        return
    did = CHANGED if old == new else GIVEN if new else TAKEN
    if [name for name, *_ in changes] == ["enabled"]:
        did = "enabled" if after.enabled else "disabled"
    _note(after, did, new or old, changes)


def happened(row: Model, did: str) -> None:
    """Something that changes no row, like a user signing in."""
    _note(row, did, row.AUDIT.account(row), [])


def happened_to_all(kind: str, name: str, did: str) -> None:
    """Something that concerns no row, but the service as a whole."""
    who = actor.current()
    Entry.objects.create(
        by=who.by, who=who.name, address=who.address, acting_as=who.acting_as, kind=kind, name=name[:255], did=did
    )


def _note(row: Model, did: str, account: int | None, changes: list) -> None:
    if (gathered := _gathered.get()) is None:
        with gathering():
            _note(row, did, account, changes)
        return
    gathered.add(Difference(row, gathered.did[-1] or did, account, changes))


def _filled(row: Model, both) -> list[tuple[str, Any, Any]]:
    """The fields that are not as they would be anyway."""
    found = []
    for name in row.AUDIT.told:
        value, plain = _value(row, name), row._meta.get_field(name).get_default()
        if value not in (None, "", [], plain):
            found.append((name, *both(value)))
    return found


def _value(row: Model, name: str) -> Any:
    return getattr(row, row._meta.get_field(name).attname)


def _write(gathered: Gathered) -> None:
    who = actor.current() if gathered.alike else None
    owners = Entry.account.field.related_model  # which is audited itself, and so imports this
    accounts = owners.objects.in_bulk([pk for alike in gathered.alike.values() for pk in alike.accounts if pk])
    entries = []

    def add(kind: str, did: str, name: str, account: int | None, changes: list, count: int = 1) -> None:
        owner = accounts.get(account)  # none when the account itself was removed
        entries.append(
            Entry(
                by=who.by, who=who.name, address=who.address, acting_as=who.acting_as, kind=kind, name=name[:255],
                did=did, count=count, account=owner, changes=changes,
                account_name=owner.name if owner else name if kind == "account" else "",
            )
        )  # fmt: skip

    for (kind, did), alike in gathered.alike.items():
        count = alike.accounts.total()
        if count <= SINGLY:
            for one in alike.first:
                add(kind, did, one.name, one.account, _written(one))
            continue
        among = [["among them", None, ", ".join(one.name for one in alike.first)]]
        if len(alike.accounts) == 1 or len(alike.accounts) > SINGLY:
            [account] = alike.accounts if len(alike.accounts) == 1 else [None]
            add(kind, did, f"{count:,} {kind}s", account, among, count)
            continue
        for account, part in alike.accounts.items():
            add(kind, did, f"{part:,} {kind}{'s' * (part != 1)}", account, [], part)
    Entry.objects.bulk_create(entries)
    if entries:
        _prune()


def _prune() -> None:
    """Some of the entries that are too old, so that no writer pays for all of them when `audit.keep_days` is set."""
    if days := settings.TRUNKLINE.audit.keep_days:
        old = Entry.objects.filter(time__lt=timezone.now() - timedelta(days=days)).order_by("time", "pk")
        Entry.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PRUNED])).delete()


def _written(difference: Difference) -> list[list]:
    """The changes as the log keeps them: words, the old and the new value; of a secret the words alone."""
    subject, model = difference.subject, type(difference.row)
    written = []
    for name, old, new in difference.changes:
        if name in subject.secret:
            written.append([subject.words(name), None, None])
        else:
            field = model._meta.get_field(name)
            written.append([subject.words(name), _plain(field, old), _plain(field, new)])
    return sorted(written, key=lambda change: change[0])


def _plain(field, value: Any) -> Any:
    """A value for JSON; of a row that another one names, its name."""
    if value is None or value == "":
        return value
    if isinstance(field, ForeignKey):
        row = field.related_model._base_manager.filter(pk=value).first()
        return str(row) if row else f"number {value}"
    return value if isinstance(value, bool | int | str | list) else str(value)
