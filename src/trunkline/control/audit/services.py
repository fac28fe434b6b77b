"""Finding entries of the audit log, and saying them in words."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime

from django.apps import apps
from django.db.models import Q

from trunkline.control.accounts.models import Account
from trunkline.control.audit.actor import COMMAND_LINE, KEY, OPERATOR, TRUNKLINE, USER
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.models import Entry
from trunkline.control.between import between
from trunkline.control.errors import ServiceError

COLUMNS = ("time", "who", "by", "address", "acting_as", "kind", "name", "count", "did", "account", "changes")
DATABASE = "database"  # the kind of what happens to all of it
NAMED = (USER, KEY)  # to the account that an entry concerns
THE_OPERATOR = "whoever runs this service"
_BY = {USER: "{}", OPERATOR: "{} (operator)", KEY: "key {}", COMMAND_LINE: "{} on the command line"}


def kinds() -> list[str]:
    """Of things that entries are about."""
    return sorted({DATABASE} | {model.AUDIT.kind for model in apps.get_models() if issubclass(model, Audited)})


def find(
    *,
    account: Account | None = None,
    who: str = "",
    kind: str = "",
    name: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
    as_customer: bool = False,
) -> list[Entry]:
    """The newest entries that fulfil every condition; `who` and `name` are parts of names.

    `as_customer`: `who` is looked for among those whom `seen` names to an account.
    Times are aware; `since`, `until` and `before` (the time and the id of an entry) are as in `between`.
    """
    if limit < 1:
        raise ServiceError(f"the limit cannot be {limit}: write 1 or more")
    entries = Entry.objects.select_related("account").order_by("-time", "-pk")
    if account:
        entries = entries.filter(account=account)
    if kind:
        entries = entries.filter(kind=kind)
    if who:
        entries = entries.filter(Q(who__icontains=who) | Q(by=who.lower()))
        if as_customer:
            entries = entries.filter(by__in=NAMED)
    if name:
        entries = entries.filter(Q(name__icontains=name) | Q(account_name=name))
    return list(between(entries, "time", since, until, before)[:limit])


def seen(account: Account | None, entries: Iterable[Entry]) -> list[Entry]:
    """The entries as an account may see them, never to be saved; None, an operator, sees all. Who works for the
    operator, and where from, is not a customer's business."""
    if account is None:
        return list(entries)
    shown = []
    for entry in entries:
        entry = copy(entry)
        if entry.by not in NAMED:
            entry.who, entry.address, entry.acting_as = "", "", ""
        shown.append(entry)
    return shown


def who(entry: Entry) -> str:
    """`alice@acme.example`, `root on the command line`"""
    if entry.by == TRUNKLINE:
        return "Trunkline"
    return _BY[entry.by].format(entry.who) if entry.who else THE_OPERATOR


def in_words(change: list) -> str:
    """`Forward to SIP: sip:a@b → sip:c@d`"""
    words, old, new = change
    if old is None and new is None:
        return f"{words} (not shown)"
    if old is None or new is None:
        return f"{words}: {_said(new if old is None else old)}"
    return f"{words}: {_said(old)} → {_said(new)}"


def as_dict(entry: Entry) -> dict[str, object]:
    """COLUMNS in order."""
    made = {
        "account": entry.account_name,
        "changes": [{"field": field, "old": old, "new": new} for field, old, new in entry.changes],
    }
    return {name: made[name] if name in made else getattr(entry, name) for name in COLUMNS}


def as_row(entry: Entry) -> dict[str, object]:
    """For CSV: as the above, the changes as one text."""
    return as_dict(entry) | {"changes": "; ".join(map(in_words, entry.changes))}


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case "":
            return "none"
    return str(value)
