"""What nodes tell of registrations, as the database keeps it.

Not by way of the change log and the audit log: it changes nothing that anybody set, nor what the edge does.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from trunkline.contract.registrations import Registered
from trunkline.control.calls.fold import text
from trunkline.control.keys.models import Key
from trunkline.control.registrations.models import Registration

BATCH = 500  # rows a statement

_SAID = ["source", "user_agent", "since", "refreshed", "until", "ended"]


def known(node: str) -> list[Registered]:
    rows = Registration.objects.filter(node=node, until__gt=timezone.now()).select_related("key")
    return [_as_told(row) for row in rows]


@transaction.atomic
def note(node: str, registered: Sequence[Registered], ended: Collection[str], now: int) -> None:
    """A key that went meanwhile is nobody's."""
    for start in range(0, len(registered), BATCH):
        batch = registered[start : start + BATCH]
        ids = dict(Key.objects.filter(name__in=[one.key for one in batch]).values_list("name", "pk"))
        rows = [_row(ids[one.key], node, one) for one in batch if one.key in ids]
        Registration.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["key", "node"], update_fields=_SAID
        )
    gone = sorted(ended)
    for start in range(0, len(gone), BATCH):
        its = Registration.objects.filter(node=node, key__name__in=gone[start : start + BATCH], until__gt=_moment(now))
        its.update(until=_moment(now), ended=True)


def _row(key: int, node: str, one: Registered) -> Registration:
    said = one._asdict()
    return Registration(
        key_id=key,
        node=node,
        source=text(said, "source", 64),
        user_agent=text(said, "user_agent", 255),
        since=_moment(one.since),
        refreshed=_moment(one.refreshed),
        until=_moment(one.until),
    )


def _as_told(row: Registration) -> Registered:
    times = (round(time.timestamp()) for time in (row.since, row.refreshed, row.until))
    return Registered(row.key.name, row.source, row.user_agent, *times)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
