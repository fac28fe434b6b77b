"""Calls that are not over, ended by the nodes that have them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Q, QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import OPEN, Call
from trunkline.control.errors import ServiceError
from trunkline.control.nodes import services


class Ordered(NamedTuple):
    """By the name of the node: `told` the uids of the calls that it ends within 5 s; `unheard`, of a node that is not
    heard, how many go on, and in words why."""

    told: Mapping[str, list[str]]
    unheard: Mapping[str, tuple[int, str]]


def up(account: Account) -> QuerySet[Call]:
    """Those that the account has made or received, and that ring or talk."""
    return Call.objects.filter(Q(account=account) | Q(owner=account), outcome=OPEN)


def end(calls: Iterable[Call]) -> Ordered:
    """Have calls that are not over ended."""
    by_node: dict[str, list[str]] = {}
    for call in calls:
        by_node.setdefault(call.node, []).append(call.uid)
    told, unheard = {}, {}
    for node, uids in sorted(by_node.items()):
        try:
            services.end_calls(node, uids)
            told[node] = uids
        except ServiceError as error:
            unheard[node] = (len(uids), str(error))
    return Ordered(told, unheard)
