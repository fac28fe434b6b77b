"""Records of calls leave when they are old enough: `calls.keep_days`."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from trunkline.control.calls.models import OPEN, Call
from trunkline.control.database import JOURNAL_LOCK, lock

PORTION = 1_000  # calls each 5 s of each node: more a second than a node has


def prune() -> None:
    """Remove some of those that are too old, so that nobody waits for all of them when the setting is made."""
    days = settings.TRUNKLINE.calls.keep_days
    if not days:
        return
    # By the database's clock: a node whose own is years ahead would remove them all.
    old = Call.objects.filter(started__lt=Now() - timedelta(days=days)).exclude(outcome=OPEN)
    found = list(old.order_by("started").values_list("pk", flat=True)[:PORTION])
    if found:
        with transaction.atomic():
            lock(JOURNAL_LOCK)  # a shipper may be about to add an attempt to one
            Call.objects.filter(pk__in=found).delete()
