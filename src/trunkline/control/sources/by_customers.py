"""Source addresses as customers list them, who are not believed as operators are.

Whoever lists an address gets what is sent from there without credentials: another customer's calls, if it is that one's
PBX. So nobody lists an address that is known to be somebody else's, nor more of them than a customer has.
"""

import ipaddress
from itertools import chain

from django.conf import settings
from django.db.models import Q

from trunkline.control.accounts.models import Account
from trunkline.control.carriers.models import Carrier
from trunkline.control.changes.services import sequence, writing
from trunkline.control.endpoints.models import Endpoint
from trunkline.control.errors import ServiceError
from trunkline.control.nodes.models import Node
from trunkline.control.sources import called, heard, services
from trunkline.control.sources.heard import Network
from trunkline.control.sources.models import SourceNetwork
from trunkline.sip.uri import is_ip

WIDEST = {4: 28, 6: 64}  # prefix lengths: 16 addresses, or what one IPv6 customer gets at least
MOST = 20  # of an account


def add(account: Account, text: str) -> None:
    """Recognise a network as the account's, as its own wish. Raises ServiceError."""
    cidr, port = services.parse(text)
    network = ipaddress.ip_network(cidr)
    _check_width(network)
    # What takes long is done before others have to wait, and again where somebody wrote meanwhile.
    before, stale = sequence(), called.stale(account, network)
    with writing():
        called.forget(stale if sequence() == before else called.stale(account, network))
        _check_whose(account, network)
        if account.sources.exclude(network=cidr, port=port).count() >= MOST:
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
    theirs = SourceNetwork.objects.filter(_like(network)).exclude(account=account)
    known = {ipaddress.ip_network(text) for text in theirs.values_list("network", flat=True)}
    known |= {ipaddress.ip_network(host) for host in Carrier.objects.values_list("host", flat=True) if is_ip(host)}
    known |= {ipaddress.ip_network(text) for text in _ours()}
    if any(one.version == network.version and one.overlaps(network) for one in known):
        raise taken
    if called.by_others(account, network) or heard.by_others(account, network):
        raise taken


def _like(network: Network) -> Q:
    """A condition on a source's network that all have which overlap this one, and of IPv6 some others."""
    wider = [
        str(network.supernet(new_prefix=bits)) for bits in range(services.WIDEST[network.version], network.prefixlen)
    ]
    if network.version == 4:
        narrower = [str(one) for bits in range(network.prefixlen, 33) for one in network.subnets(new_prefix=bits)]
        return Q(network__in=[*wider, *narrower])
    first = network.network_address.exploded.partition(":")[0].lstrip("0")
    return Q(network__in=wider) | Q(network__startswith=f"{first}:")


def _ours() -> set[str]:
    """The addresses of this node, of the others, and of the endpoints, from which their calls come."""
    its = settings.TRUNKLINE
    listed = [*Node.objects.values_list("addresses", flat=True)]
    for kind in ("addresses", "sources"):
        listed += Endpoint.objects.values_list(kind, flat=True)
    own = (its.sip_address, its.sip_advertised, its.media_address, its.media_advertised, its.web_address)
    return {*own, *chain.from_iterable(listed)}
