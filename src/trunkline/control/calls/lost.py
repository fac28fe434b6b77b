"""Calls of which nobody will say any more how they ended: their node is gone, or what its journal said of it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from trunkline.control.calls import fold
from trunkline.control.calls.models import OPEN, Call
from trunkline.control.database import JOURNAL_LOCK, lock

_BEAT = timedelta(seconds=5)  # between two heartbeats; records come at once


def close(node: str, heard: datetime | None) -> None:
    """End what is open of the node of this name that was heard last at that time; None for one that never was.

    By the rules of the journal: should its lines come after all, what they say counts.
    """
    with transaction.atomic():
        lock(JOURNAL_LOCK)
        calls = _open(node)
        _end(calls.filter(started__lte=heard + _BEAT) if heard else calls, heard, fold.LOST)


def close_unrecorded(node: str, up: Collection[str], before: datetime) -> None:
    """End what is open of a node, began before that time and is not `up`. When it ended nobody knows, so its record
    says no more than that it was answered."""
    known = frozenset(up)
    with transaction.atomic():
        lock(JOURNAL_LOCK)
        calls = _open(node).filter(started__lt=before)
        _end((call for call in calls if call.uid not in known), None, fold.UNRECORDED)


def _open(node: str):
    return Call.objects.filter(outcome=OPEN, node=node)


def _end(calls: Iterable[Call], heard: datetime | None, reason: str) -> None:
    for call in calls:
        begun = call.answered or call.started
        time = max(heard or begun, begun).timestamp()
        ended = {"event": "end", "by": "edge"} if call.answered else {"event": "finish", "code": 500}
        fold.fold_call(call, ended | {"time": time, "call": call.uid, "reason": reason}, fold.Directory({}, {}))
        call.save()
