"""`contract.distances.Distances` over the database."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from trunkline.contract.distances import Portion, RoundTrip
from trunkline.contract.feed import Unavailable
from trunkline.control.accounts.models import Account
from trunkline.control.endpoints import pbxs
from trunkline.control.endpoints.distances import GOOD_FOR
from trunkline.control.endpoints.models import Distance
from trunkline.control.feed.available import available
from trunkline.control.keys.models import Key
from trunkline.control.nodes.models import Node


class DatabaseDistances:
    def portion(self, node: str, after: int, limit: int) -> Portion:
        with available():
            accounts = list(Account.objects.filter(pk__gt=after, enabled=True).order_by("pk")[:limit])
            noted = Distance.objects.filter(node__name=node, account__in=accounts)
            keys = Key.objects.filter(account__in=accounts, enabled=True)
            return Portion(
                accounts[-1].pk if len(accounts) == limit else 0,
                [account.pk for account in accounts],
                [target for account in accounts for target in pbxs.of(account)],
                dict(keys.values_list("name", "account_id")),
                set(noted.values_list("account_id", "known", "address")),
            )

    def known(self, node: str, addresses: Iterable[str]) -> dict[str, RoundTrip]:
        with available():
            lately = timezone.now() - GOOD_FOR
            rows = Distance.objects.filter(node__name=node, address__in=set(addresses), asked__gte=lately)
            return {row.address: _round_trip(row) for row in rows.order_by("asked")}

    def note(self, node: str, accounts: Sequence[int], trips: Iterable[tuple[int, str, RoundTrip]]) -> None:
        with available(), transaction.atomic():
            its = Node.objects.filter(name=node).first()
            if its is None:
                raise Unavailable(f"the database has not heard of the node {node!r} yet")
            # Accounts that went meanwhile are no longer here.
            there = set(Account.objects.filter(pk__in=accounts).values_list("pk", flat=True))
            rows = [_row(its, *trip) for trip in trips if trip[0] in there]
            Distance.objects.filter(node=its, account__in=there).delete()
            Distance.objects.bulk_create(rows)


def _round_trip(row: Distance) -> RoundTrip:
    answered = row.answered and row.answered.timestamp()
    return RoundTrip(row.address, row.asked.timestamp(), answered, row.milliseconds)


def _row(node: Node, account: int, known: str, trip: RoundTrip) -> Distance:
    return Distance(
        node=node,
        account_id=account,
        address=trip.address,
        known=known,
        milliseconds=trip.milliseconds,
        answered=trip.answered and datetime.fromtimestamp(trip.answered, UTC),
        asked=datetime.fromtimestamp(trip.asked, UTC),
    )
