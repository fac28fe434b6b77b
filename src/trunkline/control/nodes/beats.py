"""Heartbeats of nodes, as the database keeps them."""

from datetime import UTC, datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from trunkline.contract.feed import DRAIN, UNDRAIN, WATCHER_SILENT, Heartbeat, Standing
from trunkline.control.calls.models import OPEN, Call
from trunkline.control.errors import ServiceError
from trunkline.control.nodes.models import Node

SILENT_AFTER = timedelta(seconds=20)  # four heartbeats


def note(beat: Heartbeat) -> Standing:
    """Keep what a node says; tell it the order that it has not followed yet, and of the others.

    Raises ServiceError for a name that another node has.
    """
    with transaction.atomic():
        first = {"instance": beat.instance, "region": beat.region}
        node, _ = Node.objects.get_or_create(name=beat.node, defaults=first)
        if node.instance != beat.instance and node.seen and node.seen > now() - SILENT_AFTER:
            raise ServiceError(
                f"another node calls itself {beat.node!r} too (it is at {', '.join(node.addresses)}): give each node "
                "of the service a node.name of its own"
            )
        done = (node.order, beat.draining) in ((DRAIN, True), (UNDRAIN, False))
        if done:
            Node.objects.filter(pk=node.pk).update(order="")
        values = {name: value for name, value in beat._asdict().items() if name not in ("node", "started")}
        Node.objects.filter(pk=node.pk).update(started=datetime.fromtimestamp(beat.started, UTC), seen=Now(), **values)
        others = Node.objects.exclude(pk=node.pk)
        neighbours = sorted(others.exclude(cluster="").values_list("cluster", flat=True))
        addresses = sorted({*chain.from_iterable(others.values_list("addresses", flat=True))})
        return Standing("" if done else node.order, neighbours, _elsewhere(node), addresses)


def _elsewhere(node: Node) -> dict[int, int]:
    """Of nodes that are heard: what is open of another one's is up no more, or cannot be counted."""
    heard = Node.objects.exclude(pk=node.pk).filter(seen__gte=now() - SILENT_AFTER).values_list("name", flat=True)
    if not (names := list(heard)):
        return {}
    live = Call.objects.filter(outcome=OPEN, account__isnull=False, node__in=names)
    return dict(live.values_list("account").annotate(count=Count("pk")))


def watchers() -> list[str]:
    """The nodes that watch DNS and are heard; the first one writes."""
    heard = Node.objects.filter(watches=True, seen__gte=now() - timedelta(seconds=WATCHER_SILENT))
    return list(heard.order_by("name").values_list("name", flat=True))


def now() -> datetime:
    """By the clock of this process; the nodes' and the database's differ by little, or much else goes wrong."""
    return datetime.now(UTC)
