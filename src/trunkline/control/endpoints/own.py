"""The endpoint that a node is by itself, made of its settings: all that an operator of one node ever needs."""

from trunkline.contract.endpoints import Endpoint, MediaRange
from trunkline.settings import Settings


def of(settings: Settings) -> Endpoint:
    """As others see the node. Its host is its address: whether `sip.domain` is in DNS is not known."""
    address, media = settings.sip_advertised, settings.media
    return Endpoint(
        name=settings.node.name,
        host=address,
        city="",
        latitude=None,
        longitude=None,
        region=settings.node.region,
        addresses=(address,),
        port=settings.sip.port,
        tls_port=settings.sip.tls_port,
        sources=(address,),
        media=(MediaRange(settings.media_advertised, media.port_min, media.port_max),),
        weight=10,
    )
