"""The trunk: what a PBX is configured with, and what a firewall has to let through."""

from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from trunkline.control.api import schemas
from trunkline.control.endpoints import ranges, services
from trunkline.sip.codecs import CODECS, spoken

router = Router(tags=["trunk"])

SERVICES = ("_sip._udp", "_sip._tcp", "_sips._tcp")  # RFC 3263 §4.1


@router.get("", response=schemas.Trunk, summary="Addresses, transports and codecs")
def get_trunk(request: HttpRequest):
    ours = settings.TRUNKLINE
    sip, server = ours.sip, ours.sip_advertised
    host = f"[{server}]" if ":" in server else server
    return {
        "domain": sip.domain,
        "server": server,
        "transports": [
            {"transport": transport, "port": port, "uri": f"sip:{host}:{port};transport={transport}"}
            for transport, port in (("udp", sip.port), ("tcp", sip.port), ("tls", sip.tls_port))
        ],
        "services": [f"{service}.{sip.domain}" for service in SERVICES],
        "tls_floor": sip.tls_floor,
        "codecs": [spoken(codec) for codec in CODECS],
        "ranges": [asdict(one) for one in ranges.rows(services.published())],
    }
