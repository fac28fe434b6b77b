"""Heartbeats of nodes, as the database keeps them.

When one was heard is told by the database's clock alone: by its own, a node whose clock is wrong would take all others
for silent, and write DNS beside the one that does, or for alive, and never take its turn.
"""

from datetime import UTC, datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from trunkline.contract.feed import DRAIN, UNDRAIN, WATCHER_SILENT, Heartbeat, Standing
from trunkline.control.calls import lost
from trunkline.control.calls.models import OPEN, Call
from trunkline.control.errors import ServiceError
from trunkline.control.nodes.models import Ending, Node
from trunkline.control.users import mailing

SILENT_AFTER = 20.0  # s, four heartbeats
# One that is dead is to leave DNS within 15 s, however little else there is to judge it by.
SERVING_SILENT = 8.0  # s
ENGINES = {"sip", "kamailio", "supervisord"}  # parts without which a node takes no calls


def note(beat: Heartbeat) -> Standing:
    """Keep what a node says; tell it the order that it has not followed yet, and of the others.

    Raises ServiceError for a name that another node has.
    """
    with transaction.atomic():
        first = {"instance": beat.instance, "region": beat.region}
        # Locked, or an order that comes while another is followed would be taken for that one.
        node, _ = Node.objects.select_for_update().get_or_create(name=beat.node, defaults=first)
        if node.instance != beat.instance:
            if Node.objects.filter(heard(), pk=node.pk).exists():
                raise ServiceError(
                    f"another home's node {beat.node!r} was heard in the last {SILENT_AFTER:.0f} s (it is at "
                    f"{', '.join(node.addresses)}). If this one takes its place, wait: this ends by itself once the "
                    "other is stopped. If both are to run, give each a node.name of its own"
                )
            lost.close(node.name, node.seen)
        done = (node.order, beat.draining) in ((DRAIN, True), (UNDRAIN, False))
        if done:
            Node.objects.filter(pk=node.pk).update(order="")
        values = {name: value for name, value in beat._asdict().items() if name not in ("node", "started")}
        Node.objects.filter(pk=node.pk).update(started=datetime.fromtimestamp(beat.started, UTC), seen=Now(), **values)
        others = Node.objects.exclude(pk=node.pk)
        neighbours = sorted(others.exclude(cluster="").values_list("cluster", flat=True))
        addresses = sorted({*chain.from_iterable(others.values_list("addresses", flat=True))})
        order = "" if done else node.order
        elsewhere, ahead, mail = _elsewhere(node), _ahead(node), mailing.trouble()
        return Standing(order, neighbours, elsewhere, addresses, ahead, mail, _endings(node))


def _endings(node: Node) -> list[str]:
    """Told once: who wants a call ended looks whether it is, and says it again."""
    told = list(Ending.objects.filter(node=node.name))
    if told:
        Ending.objects.filter(pk__in=[one.pk for one in told]).delete()
    return [one.uid for one in told]


def _elsewhere(node: Node) -> dict[int, int]:
    """Of nodes that are heard: what is open of another one's is up no more, or cannot be counted."""
    others = Node.objects.exclude(pk=node.pk).filter(heard()).values_list("name", flat=True)
    if not (names := list(others)):
        return {}
    live = Call.objects.filter(outcome=OPEN, account__isnull=False, node__in=names)
    return dict(live.values_list("account").annotate(count=Count("pk")))


def _ahead(node: Node) -> float:
    """s that the clock of this machine is at least before the database's; negative: behind it. The answer was made at
    some time while we waited for it, so as much is not held against the clock."""
    asked = datetime.now(UTC)
    there = Node.objects.filter(pk=node.pk).values_list(Now(), flat=True).get()
    came = datetime.now(UTC)
    if asked <= there <= came:
        return 0.0
    return (asked - there if there < asked else came - there).total_seconds()


def watchers() -> list[str]:
    """The nodes that watch DNS and are heard; the first one writes."""
    found = Node.objects.filter(heard(WATCHER_SILENT), watches=True)
    return list(found.order_by("name").values_list("name", flat=True))


def serving() -> set[str]:
    """The addresses of the nodes that are heard and take calls, by their own word."""
    found = Node.objects.filter(heard(SERVING_SILENT), draining=False).values_list("addresses", "problems")
    return {address for addresses, problems in found if not ENGINES & problems.keys() for address in addresses}


def heard(seconds: float = SILENT_AFTER) -> Q:
    """Which nodes were heard within so many seconds."""
    return Q(seen__gte=Now() - timedelta(seconds=seconds))
