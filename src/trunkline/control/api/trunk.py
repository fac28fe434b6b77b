"""The trunk: what a PBX is configured with, and what a firewall has to let through."""

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from trunkline.contract import endpoints as contract
from trunkline.control.api import schemas
from trunkline.control.endpoints import services
from trunkline.sip.codecs import CODECS, spoken

router = Router(tags=["trunk"])


@router.get("", response=schemas.Trunk, summary="Endpoints, transports and codecs")
def get_trunk(request: HttpRequest):
    domain = services.domain()
    return {
        "domain": domain,
        "services": [f"{service}.{domain}" for service in services.SRV],
        "tls_floor": settings.TRUNKLINE.sip.tls_floor,
        "codecs": [spoken(codec) for codec in CODECS],
        "endpoints": [_endpoint(endpoint) for endpoint in services.published()],
    }


def _endpoint(endpoint: contract.Endpoint) -> dict[str, object]:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    ports = {"udp": endpoint.port, "tcp": endpoint.port, "tls": endpoint.tls_port}
    return {
        "name": endpoint.name,
        "host": endpoint.host,
        "city": endpoint.city,
        "region": endpoint.region,
        "addresses": endpoint.addresses,
        "transports": [
            {"transport": transport, "port": port, "uri": f"sip:{host}:{port};transport={transport}"}
            for transport, port in ports.items()
        ],
        "ranges": [asdict(row) for row in contract.ranges(endpoint)],
    }
