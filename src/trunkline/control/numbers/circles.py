"""Where this service itself hears SIP: a call that a number is forwarded to there only comes back."""

import ipaddress
from collections.abc import Iterator
from functools import cached_property

from django.conf import settings

from trunkline.control.endpoints import services
from trunkline.control.nodes.models import Node
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.uri import DEFAULT_PORT, is_ip


class Circles:
    """For the targets of lists that are checked together: nodes and endpoints are read once, when a target is asked
    about."""

    def leads_back(self, target: ForwardTarget) -> bool:
        """Whether a target is where a node hears SIP, or an endpoint, be it by its name or its region's.

        Where other names lead the edge sees at each call.
        """
        if is_ip(target.host):
            host, port = str(ipaddress.ip_address(target.host)), target.port or DEFAULT_PORT[target.transport]
        else:
            host, port = target.host.lower(), target.port  # 0: where the records of the name say, which are ours
        its_port = 2 if target.transport == "tls" else 1
        return any(host == place[0] and port in (0, place[its_port]) for place in self._places)

    @cached_property
    def _places(self) -> frozenset[tuple[str, int, int]]:
        """Host, port of UDP and TCP, and port of TLS."""
        return frozenset(_places())


def _places() -> Iterator[tuple[str, int, int]]:
    here = settings.TRUNKLINE
    for address in (here.sip_address, here.sip_advertised):
        yield address, here.sip.port, here.sip.tls_port
    for node in Node.objects.only("addresses", "port", "tls_port"):
        yield from ((address, node.port, node.tls_port) for address in node.addresses)
    endpoints = list(services.everyone())
    for name in services.service_names(endpoints):
        yield name.lower(), here.sip.port, here.sip.tls_port
    for endpoint in endpoints:
        yield from ((host, endpoint.port, endpoint.tls_port) for host in (endpoint.host, *endpoint.addresses))
