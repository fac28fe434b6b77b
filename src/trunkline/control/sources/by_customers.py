"""Source addresses as customers list them, who are not believed as operators are.

Whoever lists an address gets what is sent from there without credentials: another customer's calls, if it is that one's
PBX. So nobody lists an address that is known to be somebody else's, nor more of them than a customer has.
"""

import ipaddress
from collections.abc import Iterable
from functools import reduce
from itertools import chain
from operator import or_

from django.conf import settings
from django.db.models import Q

from trunkline.control.accounts.models import Account
from trunkline.control.carriers.models import Carrier
from trunkline.control.changes.services import writing
from trunkline.control.endpoints.models import Endpoint
from trunkline.control.errors import ServiceError
from trunkline.control.nodes.models import Node
from trunkline.control.numbers.models import Number
from trunkline.control.sources import heard, services
from trunkline.control.sources.models import SourceNetwork
from trunkline.sip import forward
from trunkline.sip.uri import is_ip

WIDEST = {4: 28, 6: 64}  # prefix lengths: 16 addresses, or what one IPv6 customer gets at least
MOST = 20  # of an account

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def add(account: Account, text: str) -> None:
    """Recognise a network as the account's, as its own wish. Raises ServiceError."""
    network, _ = services.parse(text)
    _check_width(ipaddress.ip_network(network))
    with writing():
        _check_whose(account, ipaddress.ip_network(network))
        if account.sources.count() >= MOST:
            raise ServiceError(f"the account has {MOST} source addresses, and may have no more: remove one first")
        services.add(account, text)


def _check_width(network: Network) -> None:
    widest = WIDEST[network.version]
    if network.prefixlen < widest:
        raise ServiceError(
            f"{network} is wider than /{widest}: list the addresses of your PBXs one by one, or ask whoever runs this "
            "service"
        )
    if not network.is_global or network.is_multicast:
        raise ServiceError(
            f"{network} is not an Internet address: write the one that your PBX's packets come from, as it is seen "
            "outside your network. If you share a private network with this service, whoever runs it can add that"
        )


def _check_whose(account: Account, network: Network) -> None:
    taken = ServiceError(
        f"{network} belongs to somebody else here: if your PBX is behind the same address, use a key instead; "
        "otherwise ask whoever runs this service"
    )
    theirs = SourceNetwork.objects.exclude(account=account).values_list("network", flat=True)
    known = {ipaddress.ip_network(text) for text in theirs}
    known |= {ipaddress.ip_network(host) for host in Carrier.objects.values_list("host", flat=True) if is_ip(host)}
    known |= {ipaddress.ip_network(text) for text in _ours()}
    if any(one.version == network.version and one.overlaps(network) for one in known):
        raise taken
    if _called(account, network) or heard.by_others(account, network):
        raise taken


def _called(account: Account, network: Network) -> bool:
    """Whether calls to others' numbers go to an address of the network."""
    texts = map(str, network) if network.version == 4 else ("[",)
    others = Number.objects.exclude(account=account).filter(_any("forward", texts))
    lists = others.values_list("forward", flat=True).distinct().iterator()
    return any(_is_in(target.host, network) for text in lists for target in forward.parse(text))


def _is_in(host: str, network: Network) -> bool:
    return is_ip(host) and ipaddress.ip_address(host) in network


def _ours() -> set[str]:
    """The addresses of this node, of the others, and of the endpoints, from which their calls come."""
    its = settings.TRUNKLINE
    listed = [*Node.objects.values_list("addresses", flat=True)]
    for kind in ("addresses", "sources"):
        listed += Endpoint.objects.values_list(kind, flat=True)
    own = (its.sip_address, its.sip_advertised, its.media_address, its.media_advertised, its.web_address)
    return {*own, *chain.from_iterable(listed)}


def _any(field: str, texts: Iterable[str]) -> Q:
    """A condition on a text that has one of these in it."""
    return reduce(or_, (Q(**{f"{field}__contains": text}) for text in texts))
