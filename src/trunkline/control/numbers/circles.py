"""Where this service itself hears SIP: a call that a number is forwarded to there only comes back."""

import ipaddress
from collections.abc import Iterator

from django.conf import settings

from trunkline.control.endpoints.models import Endpoint
from trunkline.control.nodes.models import Node
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.uri import DEFAULT_PORT, is_ip


def leads_back(target: ForwardTarget) -> bool:
    """Whether a target is where a node hears SIP, or an endpoint, be it by its name.

    Where other names lead the edge sees at each call.
    """
    if is_ip(target.host):
        host, port = str(ipaddress.ip_address(target.host)), target.port or DEFAULT_PORT[target.transport]
    else:
        host, port = target.host.lower(), target.port  # 0: where the records of the name say, which are ours
    return any(host == its and port in (0, its_port) for its, its_port in _places(target.transport == "tls"))


def _places(tls: bool) -> Iterator[tuple[str, int]]:
    here = settings.TRUNKLINE
    for address in (here.sip_address, here.sip_advertised):
        yield address, here.sip.tls_port if tls else here.sip.port
    for node in Node.objects.only("addresses", "port", "tls_port"):
        for address in node.addresses:
            yield address, node.tls_port if tls else node.port
    for endpoint in Endpoint.objects.only("host", "addresses", "port", "tls_port"):
        for address in (endpoint.host, *endpoint.addresses):
            yield address, endpoint.tls_port if tls else endpoint.port
