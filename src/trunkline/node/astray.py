"""Whether a BYE went from one party of its call to the other.

A party may write any Request-URI, and any Route behind ours, and it knows both tags. So it could end a call for us by a
BYE to its own host, or in the other's name to itself, and leave the carrier's leg up: counted by nobody, without an
end, and paid for by the operator. A BYE that is taken for astray though it was not, as a party has moved, costs a
second one, which its receiver answers with 481.
"""

import re

from trunkline.contract.journal import Event
from trunkline.node.open_call import OpenCall

_HOST = re.compile(r"sips?:(?:[^@>]{0,255}@)?(\[[0-9a-fA-F:.]+\]|[^:;>?\s,]+)", re.IGNORECASE)
_MADDR = re.compile(r";maddr=([^;>?\s,]+)", re.IGNORECASE)


def is_astray(call: OpenCall, end: Event) -> bool:
    """`end` is a call's: False also where that does not tell which way its BYE took."""
    way, by = end.get("way"), end.get("by")
    if not isinstance(way, list) or len(way) < 3 or by not in ("caller", "callee"):
        return False
    sender, uri, *hops = (str(host).lower() for host in way)
    party = 0 if by == "caller" else 1
    own, other = _places(call, party) | _proxies(call, party), _places(call, 1 - party)
    return sender not in own or uri not in other or not (other | _proxies(call, 1 - party)).issuperset(hops)


def _places(call: OpenCall, party: int) -> set[str]:
    """Where a party is: the address that its messages come from, and the hosts of its Contact."""
    source = call.sources[party].partition(":")[2].rpartition(":")[0]  # of transport:ip:port
    return {source.strip("[]").lower(), *(host for value in call.contacts[party : party + 1] for host in _hosts(value))}


def _proxies(call: OpenCall, party: int) -> set[str]:
    """The hosts of the proxies between us and a party. RFC 3261 §16.6 step 4: the first Record-Routes are the callee's.
    Those of its own side are no way to the other: it may have put any host among them."""
    ours = [place for place, route in enumerate(call.routes) if f";tl={call.uid}." in route]
    if not ours:
        return set()
    routes = call.routes[: ours[0]] if party else call.routes[ours[-1] + 1 :]
    return {host for route in routes for host in _hosts(route)}


def _hosts(header: str) -> list[str]:
    return [host.strip("[]").lower() for host in (*_HOST.findall(header), *_MADDR.findall(header))]
