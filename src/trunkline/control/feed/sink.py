"""`contract.feed.Sink` over the database: where the journal's events become records of calls."""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction

from trunkline.contract.feed import Heartbeat, Standing, Unavailable
from trunkline.contract.journal import Event
from trunkline.control.accounts.models import Account
from trunkline.control.calls import aging, fold, lost
from trunkline.control.calls.models import Attempt, Call, JournalPosition
from trunkline.control.carriers.models import Carrier
from trunkline.control.database import JOURNAL_LOCK, lock
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.feed.available import available
from trunkline.control.keys import denials
from trunkline.control.nodes import beats
from trunkline.control.sources import heard

log = logging.getLogger(__name__)

BATCH = 500  # rows a statement

_CALL_FIELDS = [field.attname for field in Call._meta.concrete_fields if field.attname not in ("id", "uid")]
_ATTEMPT_FIELDS = [
    field.attname for field in Attempt._meta.concrete_fields if field.attname not in ("id", "call_id", "n")
]


class DatabaseSink:
    """Usable from any thread and by many nodes at once; one call's events may come from several of them."""

    def position(self, node: str, file: str) -> int:
        with available():
            known = JournalPosition.objects.filter(node=node, file=file).first()
            return known.position if known else 0

    def store(self, node: str, file: str, events: Sequence[Event], position: int, since: int | None = None) -> None:
        timed = [event for event in events if fold.moment(event) is not None]
        denied = [event for event in timed if event["event"] == "denied"]
        usable = [event for event in timed if event["call"] and event["event"] != "denied"]
        if left_out := len(events) - len(usable) - len(denied):
            log.warning("%d events of %s in %s have no call or no possible time and are left out", left_out, node, file)
        with available(), transaction.atomic():
            # One node at a time: two that tell of the same call would each miss what the other is writing.
            lock(JOURNAL_LOCK)
            if since is not None and since != (there := self.position(node, file)):
                raise Unavailable(f"the database has the journal up to {there} bytes, not {since}: it was restored")
            _merge(usable)
            denials.note(denied)
            JournalPosition.objects.update_or_create(node=node, file=file, defaults={"position": position})

    def heartbeat(self, beat: Heartbeat) -> Standing:
        with available():
            try:
                return beats.note(beat)
            except DatabaseUnavailable:
                raise
            except ServiceError as error:
                raise Unavailable(str(error)) from error

    def prune(self) -> None:
        with available():
            aging.prune()

    def settle(self, node: str, files: Collection[str], up: Collection[str], before: float) -> None:
        with available(), transaction.atomic():
            gone = JournalPosition.objects.filter(node=node).exclude(file__in=files)
            if gone.exists():
                lost.close_unrecorded(node, up, datetime.fromtimestamp(before, UTC))
                gone.delete()

    def forget(self, node: str, file: str) -> None:
        with available():
            JournalPosition.objects.filter(node=node, file=file).delete()


def _merge(events: Iterable[Event]) -> None:
    """Fold events into the calls and attempts that are there, in ten statements a batch."""
    by_call: dict[str, list[Event]] = {}
    for event in events:
        by_call.setdefault(fold.uid(event), []).append(event)
    directory = _directory(events)
    calls = {call.uid: call for call in Call.objects.filter(uid__in=by_call)}
    known = list(calls.values())
    for uid, its_events in by_call.items():
        call = calls.setdefault(uid, Call(uid=uid))
        for event in its_events:
            fold.fold_call(call, event, directory)
    Call.objects.bulk_create([call for call in calls.values() if call.pk is None], BATCH)
    ids = {uid: call.pk for uid, call in calls.items()}
    _upsert(Call, known, ["uid"], _CALL_FIELDS)
    heard.note(calls.values())
    _upsert(Attempt, _attempts(by_call, ids), ["call_id", "n"], _ATTEMPT_FIELDS)


def _attempts(by_call: dict[str, list[Event]], ids: dict[str, int]) -> list[Attempt]:
    """The attempts that the events speak of, as they are with them."""
    spoken = [(ids[uid], event) for uid, events in by_call.items() for event in events if fold.attempt_number(event)]
    there = Attempt.objects.filter(call__in={call_id for call_id, _ in spoken})
    attempts = {(attempt.call_id, attempt.n): attempt for attempt in there}
    touched = {}
    for call_id, event in spoken:
        key = (call_id, fold.attempt_number(event))
        attempt = touched[key] = attempts.setdefault(key, Attempt(call_id=key[0], n=key[1]))
        fold.fold_attempt(attempt, event)
    return list(touched.values())


def _upsert(model, rows: list, unique: list[str], fields: list[str]) -> None:
    """Write rows that may be there. Without their ids: the columns in `unique` are what finds them."""
    for row in rows:
        row.pk = None
    model.objects.bulk_create(rows, BATCH, update_conflicts=True, unique_fields=unique, update_fields=fields)


def _directory(events: Iterable[Event]) -> fold.Directory:
    """The accounts and carriers that events name."""
    named = {fold.named(event, field) for event in events for field in ("account", "owner")}
    ids = {value for value in named if isinstance(value, int)}
    names = {value for value in named if isinstance(value, str)}
    found = Account.objects.filter(pk__in=ids) | Account.objects.filter(name__in=names)
    accounts = {key: pk for pk, name in found.values_list("pk", "name") for key in (pk, name)}
    carriers = {value for event in events if isinstance(value := fold.named(event, "carrier"), int)}
    return fold.Directory(accounts, dict(Carrier.objects.filter(pk__in=carriers).values_list("pk", "name")))
