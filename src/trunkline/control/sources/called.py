"""Where the numbers of accounts lead, so that nobody else lists such an address as its own.

The numbers say it too, but no index finds an address in a *Forward to SIP* list. Here is one row for an account and an
address. It is made with the list; where no list has the address any more, whoever asks about it has the row go.
"""

import ipaddress
from collections.abc import Iterable

from trunkline.control.accounts.models import Account
from trunkline.control.numbers.models import Number
from trunkline.control.sources.heard import Network, within
from trunkline.control.sources.models import CalledAddress
from trunkline.sip import forward
from trunkline.sip.uri import is_ip

BATCH = 500  # rows a statement


def addresses(text: str) -> set[str]:
    """The IP addresses of a *Forward to SIP* list, all IPv6 zeros written."""
    return {ipaddress.ip_address(one.host).exploded for one in forward.parse(text) if is_ip(one.host)}


def note(pairs: Iterable[tuple[int, str]]) -> None:
    """Remember that numbers of an account, by its id, lead to an address; within the transaction that writes them."""
    rows = [CalledAddress(account_id=account_id, address=address) for account_id, address in sorted(pairs)]
    CalledAddress.objects.bulk_create(rows, BATCH, ignore_conflicts=True)


def by_others(account: Account, network: Network) -> bool:
    """Whether numbers of other accounts lead, or have led, to an address of the network."""
    return _of_others(account, network).exists()


def stale(account: Account, network: Network) -> list[int]:
    """The ids of those rows of others to whose address no number leads any more. Takes long where an account with many
    numbers has one."""
    return [row.pk for row in _of_others(account, network) if not _leads_there(row)]


def forget(rows: list[int]) -> None:
    if rows:
        CalledAddress.objects.filter(pk__in=rows).delete()


def _of_others(account: Account, network: Network):
    return CalledAddress.objects.filter(within(network)).exclude(account=account)


def _leads_there(row: CalledAddress) -> bool:
    text = str(ipaddress.ip_address(row.address))  # as the lists have it
    lists = Number.objects.filter(account=row.account_id, forward__contains=text).values_list("forward", flat=True)
    return any(row.address in addresses(one) for one in lists.iterator())
