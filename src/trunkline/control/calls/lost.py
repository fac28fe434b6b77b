"""Calls whose node is gone, and its journal with it: nobody will say any more how they ended."""

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
        calls = Call.objects.filter(outcome=OPEN, node=node)
        for call in calls.filter(started__lte=heard + _BEAT) if heard else calls:
            begun = call.answered or call.started
            time = max(heard or begun, begun).timestamp()
            ended = {"event": "end", "by": "edge"} if call.answered else {"event": "finish", "code": 500}
            fold.fold_call(call, ended | {"time": time, "call": call.uid, "reason": fold.LOST}, fold.Directory({}, {}))
            call.save()
