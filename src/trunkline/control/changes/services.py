"""Writing to the database, with the changes that tell the nodes of it, in one transaction."""

from collections.abc import Iterable
from contextlib import contextmanager

from django.core.exceptions import ObjectDoesNotExist, ObjectNotUpdated
from django.db import transaction

from trunkline.control.audit.recording import gathering
from trunkline.control.changes.models import Change, Counter
from trunkline.control.errors import ServiceError

KEPT = 100_000  # changes; a node that is further behind takes a snapshot, which is no slower than as many changes
PRUNE_EVERY = 1_000  # changes; so that hardly any writer pays for the pruning
MANY = 20_000  # changes at once, from which a snapshot is less work for the nodes


class Gone(ServiceError):
    """It was there when it was looked up, and is no more."""


class Log:
    """What one transaction changed."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, int]] = []

    def note(self, kind: str, *entity_ids: int) -> None:
        """Entities of a kind of `contract.store.ENTITIES` were written or removed."""
        self.changes.extend((kind, entity_id) for entity_id in entity_ids)


@contextmanager
def writing(did: str = "") -> Iterable[Log]:
    """A transaction that may check, write and note changes; whoever else wants to write waits for its end.

    What is written to audited models is in the audit log; `did` is the word for it there, where the plain ones (made,
    changed, removed, enabled, disabled) do not tell what happened.

    The counter's lock is taken first: what is checked inside stays true until the commit, and no two
    writers can wait for each other. Writers are people and provisioning systems, so one at a time is enough.

    Raises Gone where a row that the block looks up anew, or writes, was removed by somebody else.
    """
    with transaction.atomic():
        counter = Counter.objects.select_for_update().get(pk=1)
        log = Log()
        with gathering(did):
            try:
                yield log
            except (ObjectDoesNotExist, ObjectNotUpdated) as error:
                raise Gone("somebody else has removed it meanwhile: see the list for what there is") from error
        counter.refresh_from_db()  # a service called by this one has moved it
        if len(log.changes) >= MANY:
            _start_over(counter, log)
        elif log.changes:
            _append(counter, log)


def sequence() -> int:
    """The newest change, in the caller's transaction where there is one."""
    return Counter.objects.values_list("sequence", flat=True).get(pk=1)


def _append(counter: Counter, log: Log) -> None:
    before = counter.sequence
    Change.objects.bulk_create(
        Change(sequence=before + n, kind=kind, entity_id=entity_id)
        for n, (kind, entity_id) in enumerate(log.changes, 1)
    )
    counter.sequence = before + len(log.changes)
    counter.save(update_fields=["sequence"])
    if before // PRUNE_EVERY != counter.sequence // PRUNE_EVERY:
        Change.objects.filter(sequence__lte=counter.sequence - KEPT).delete()


def _start_over(counter: Counter, log: Log) -> None:
    """Leave only the last change, after a number that is missing: every node sees the gap and takes a snapshot."""
    Change.objects.all().delete()
    kind, entity_id = log.changes[-1]
    counter.sequence += 2
    counter.save(update_fields=["sequence"])
    Change.objects.create(sequence=counter.sequence, kind=kind, entity_id=entity_id)
