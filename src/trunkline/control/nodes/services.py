"""What can be done with nodes. They appear by themselves, with their first heartbeat."""

from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from trunkline.contract.feed import DRAIN, UNDRAIN
from trunkline.control.calls import lost
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.nodes import beats
from trunkline.control.nodes.models import Ending, Node
from trunkline.control.words import missing

WELL, UNWELL, DRAINING, SILENT = "well", "unwell", "draining", "silent"


def get(name: str) -> Node:
    node = everyone().filter(name=name).first()
    if node is None:
        raise missing("node", name, "see `trunkline node list`; a node appears there soon after its start")
    return node


def everyone() -> QuerySet[Node]:
    """By region and name, each with whether it is `heard`."""
    heard = ExpressionWrapper(beats.heard(), output_field=BooleanField())
    return Node.objects.annotate(heard=heard).order_by("region", "name")


def state(node: Node) -> str:
    """SILENT: not heard for 20 s; else DRAINING; else UNWELL when it has problems; else WELL."""
    if not node.heard:
        return SILENT
    if node.draining:
        return DRAINING
    return UNWELL if node.problems else WELL


def drain(node: Node, on: bool = True) -> Node:
    """Have a node take no new calls, or take them again: it follows within 5 s, also after a restart of its own."""
    if state(node) == SILENT:
        raise ServiceError(f"node {node.name!r} is not heard: run `trunkline node drain` on it, or start it first")
    with writing():
        Node.objects.filter(pk=node.pk).update(order=DRAIN if on else UNDRAIN)
        node.refresh_from_db()
    return node


def end_calls(name: str, uids: Iterable[str]) -> None:
    """Have a node end calls within 5 s. Raises ServiceError where it is not heard."""
    node = everyone().filter(name=name).first()
    if node is None or state(node) == SILENT:
        raise ServiceError("that node is not heard, so it cannot end them")
    Ending.objects.bulk_create(Ending(node=name, uid=uid) for uid in uids)


def forget(node: Node) -> None:
    """Take a node that is gone for good off the list; the calls that it had are over."""
    with writing():
        Node.objects.select_for_update().filter(pk=node.pk).first()  # before the journal, as a heartbeat does
        node = get(node.name)
        if state(node) != SILENT:
            raise ServiceError(f"node {node.name!r} was heard just now: stop it first (`trunkline down` on it)")
        lost.close(node.name, node.seen)
        Ending.objects.filter(node=node.name).delete()
        node.delete()


def as_dict(node: Node) -> dict[str, object]:
    """The node as commands, the API and the dashboard show it."""
    shown = ("name", "region", "addresses", "port", "tls_port", "version", "started", "seen", "calls", "load")
    return {name: getattr(node, name) for name in shown} | {
        "state": state(node),
        "draining": node.draining,
        "order": node.order,
        "problems": node.problems,
    }
