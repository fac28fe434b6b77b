"""Working imports off: whoever claims one, by an update that changes one row or none, checks or writes it.

Whatever is killed meanwhile is begun again by the next one: what is checked changes nothing, and what is written is
written in one transaction with the word that it is.
"""

import io
import logging
import time

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from trunkline.control.audit.actor import Actor, acting
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.imports.models import (
    APPROVED,
    CHECKED,
    CHECKING,
    DONE,
    FAILED,
    STALE,
    WAITING,
    WRITING,
    Fault,
    Import,
)  # fmt: skip
from trunkline.control.numbers import importing, table

PORTION = 5_000  # faults
CHANGED = "something has changed since the file was checked, so nothing was written: import it again"
EVERY = 0.5  # s between two words on how far it is

log = logging.getLogger(__name__)


def waits() -> bool:
    """Whether there is something to do."""
    return _claimable().exists()


def step() -> bool:
    """Check or write one import; False when none waits. Raises Django's errors, and DatabaseUnavailable, while the
    database is away, locked or full: it is begun again then, as when we are killed."""
    found = _claim()
    if found is None:
        return False
    try:
        _check(found) if found.state == CHECKING else _write(found)
    except (DatabaseUnavailable, OperationalError, InterfaceError):
        raise
    except ServiceError as error:
        _end(found, FAILED, reason=str(error))
    except Exception:
        log.exception("%s", found)
        _end(found, FAILED, reason="the import failed by a fault of this service, which its log has")
    return True


def _claimable():
    dead = Q(state__in=(CHECKING, WRITING), beat__lt=timezone.now() - STALE)
    return Import.objects.filter(Q(state__in=(WAITING, APPROVED)) | dead)


def _claim() -> Import | None:
    for found in _claimable().defer("text").order_by("pk")[:5]:
        taken = CHECKING if found.state in (WAITING, CHECKING) else WRITING
        mine = Import.objects.filter(pk=found.pk, state=found.state, beat=found.beat)
        if mine.update(state=taken, beat=timezone.now()) == 1:
            return Import.objects.get(pk=found.pk)
    return None


def _check(found: Import) -> None:
    said = time.monotonic()

    def progress(checked: int) -> None:
        nonlocal said
        if time.monotonic() - said > EVERY:
            said = time.monotonic()
            Import.objects.filter(pk=found.pk).update(checked=checked, beat=timezone.now())

    rows = _rows(found)
    Import.objects.filter(pk=found.pk).update(lines=len(rows))
    plan = importing.plan(rows, found.update, progress)
    _note_faults(found, plan.problems)
    _end(found, CHECKED, checked=len(rows), faults=len(plan.problems), seen=plan.seen, **_counts(plan))


def _write(found: Import) -> None:
    with acting(Actor(**found.actor)):
        plan = importing.carry_out(_rows(found), found.update, lambda plan: _written(found, plan))
    if plan.problems:
        _note_faults(found, plan.problems)
        _end(found, FAILED, reason=CHANGED, faults=len(plan.problems))


def _written(found: Import, plan: importing.Plan) -> None:
    """Raises ServiceError, which takes back what was written, where it is not what somebody saw and wanted."""
    if found.seen not in ("", plan.seen):  # '': it was checked by a node of an earlier version
        raise ServiceError(CHANGED)
    if not _end(found, DONE, **_counts(plan)):
        raise ServiceError("another process, which took this one for dead, has ended it meanwhile")


def _rows(found: Import) -> list[importing.Row]:
    return list(table.rows(io.StringIO(found.text)))


def _counts(plan: importing.Plan) -> dict[str, int]:
    return {"added": len(plan.add), "updated": len(plan.update), "unchanged": plan.unchanged}


def _note_faults(found: Import, problems: list[importing.Problem]) -> None:
    Fault.objects.filter(of=found).delete()
    Fault.objects.bulk_create(
        (Fault(of=found, line=one.line, number=one.number[:64], problem=one.problem) for one in problems),
        batch_size=PORTION,
    )


def _end(found: Import, state: str, **more) -> bool:
    """False where another process, which took this one for dead, has ended it: then its word holds."""
    done = {} if state == CHECKED and not more.get("faults") else {"text": ""}
    mine = Import.objects.filter(pk=found.pk, state=found.state)
    return mine.update(state=state, finished=timezone.now(), **done, **more) == 1
