"""Calls of an account that are up, ended by the nodes that have them."""

from contextlib import suppress

from django.db.models import Q, QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import OPEN, Call
from trunkline.control.errors import ServiceError
from trunkline.control.nodes import services


def up(account: Account) -> QuerySet[Call]:
    """Those that talk: one that rings cannot be ended."""
    return Call.objects.filter(Q(account=account) | Q(owner=account), outcome=OPEN, answered__isnull=False)


def end_all(account: Account) -> None:
    """Within 5 s; those of a node that is not heard go on."""
    by_node: dict[str, list[str]] = {}
    for node, uid in up(account).values_list("node", "uid"):
        by_node.setdefault(node, []).append(uid)
    for node, uids in by_node.items():
        with suppress(ServiceError):
            services.end_calls(node, uids)
