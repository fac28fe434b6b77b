"""What can be done with imports, by people. Every function raises ServiceError with what to do instead."""

import io
from dataclasses import asdict
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from trunkline.control.audit import actor
from trunkline.control.errors import ServiceError
from trunkline.control.imports.models import APPROVED, CHECKED, DONE, FAILED, Fault, Import
from trunkline.control.numbers import table

LARGEST = 16_000_000  # bytes of a file: 100,000 numbers, each with two URIs
KEPT = timedelta(days=30)  # of what is said of an import, not of what it did


def begin(name: str, content: bytes, update: bool = False) -> Import:
    """Have a file checked; nothing is written before `approve`."""
    if len(content) > LARGEST:
        raise ServiceError(f"the file has more than {LARGEST // 1_000_000} MB: cut it into several")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")  # whoever's line ends they are
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ServiceError(f"line {line} of the file is not UTF-8: save it in that encoding") from None
    if "\0" in text:
        raise ServiceError("the file has NUL characters, so it is no CSV: export it as CSV")
    if next(table.rows(io.StringIO(text)), None) is None:
        raise ServiceError("the file has no number: write one on each line, below the names of the columns")
    Import.objects.filter(created__lt=timezone.now() - KEPT).delete()
    return Import.objects.create(
        name=name[:255], text=text, update=update, lines=text.count("\n"), actor=asdict(actor.current())
    )


def approve(found: Import) -> None:
    """Have it written, as it was checked."""
    wanted = Import.objects.filter(pk=found.pk, state=CHECKED, faults=0)
    if not wanted.update(state=APPROVED, actor=asdict(actor.current()), beat=timezone.now()):
        raise ServiceError("only an import that was checked and has no faults can be written")


def discard(found: Import) -> None:
    """Forget one that is not worked on."""
    if not Import.objects.filter(pk=found.pk, state__in=(CHECKED, DONE, FAILED)).delete()[0]:
        raise ServiceError("it is being worked on: wait until it is done")


def find(pk: int) -> Import | None:
    return Import.objects.defer("text").filter(pk=pk).first()


def recent() -> QuerySet[Import]:
    return Import.objects.defer("text").order_by("-pk")


def faults(found: Import, after: int = 0) -> QuerySet[Fault]:
    """By their lines, those below line `after`."""
    return Fault.objects.filter(of=found, line__gt=after).order_by("line", "pk")
