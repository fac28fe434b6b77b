"""Where the calls of accounts came from, so that nobody else lists such an address as its own.

The records of calls say it too, but no index finds an address in them. Here is one row for an account and an address,
for `limits.source_days` after the last call.
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import Call
from trunkline.control.sources.models import HeardAddress
from trunkline.sip.uri import is_ip

EXACT = timedelta(hours=1)  # how far behind `seen` may be: a busy PBX is written once in that time
BATCH = 500  # rows a statement

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def note(calls: Iterable[Call]) -> None:
    """Remember where callers' PBXs called from, inside the caller's transaction, and forget what is too long ago.

    One at a time: the caller holds JOURNAL_LOCK.
    """
    latest = _latest(calls)
    if not latest:
        return
    accounts, addresses = map(set, zip(*latest, strict=True))
    there = HeardAddress.objects.filter(account__in=accounts, address__in=addresses)
    known = {(row.account_id, row.address): row.seen for row in there}
    rows = [
        HeardAddress(account_id=account_id, address=address, seen=seen)
        for (account_id, address), seen in latest.items()
        if (account_id, address) not in known or seen - known[account_id, address] > EXACT
    ]
    if rows:
        unique = ["account", "address"]
        HeardAddress.objects.bulk_create(
            rows, BATCH, update_conflicts=True, unique_fields=unique, update_fields=["seen"]
        )
        HeardAddress.objects.filter(seen__lt=_since()).delete()


def by_others(account: Account, network: Network) -> bool:
    """Whether calls of other accounts have come from an address of the network."""
    return HeardAddress.objects.filter(within(network), seen__gte=_since()).exclude(account=account).exists()


def within(network: Network) -> Q:
    """A condition on an `address` with all its IPv6 zeros, that it is of the network."""
    if network.version == 4:
        return Q(address__in=[str(ip) for ip in network])
    return Q(address__range=(network[0].exploded, network[-1].exploded))


def written(source: str) -> str:
    """The address in the source of a record (`udp:192.0.2.7:5060`), all IPv6 zeros written so that a network is a
    range of texts; '' for none."""
    host = source.partition(":")[2].rpartition(":")[0].strip("[]")
    return ipaddress.ip_address(host).exploded if is_ip(host) else ""


def _latest(calls: Iterable[Call]) -> dict[tuple[int, str], datetime]:
    """When each account last called from each address. What a carrier brings comes from the carrier."""
    latest: dict[tuple[int, str], datetime] = {}
    now, since = timezone.now(), _since()
    for call in calls:
        address = written(call.source) if call.account_id and call.direction != "inbound" else ""
        if address and call.started >= since:
            key = (call.account_id, address)
            latest[key] = max(latest.get(key, since), min(call.started, now))  # a node's clock may be wrong
    return latest


def _since() -> datetime:
    return timezone.now() - timedelta(days=settings.TRUNKLINE.limits.source_days)
