"""Avaya Aura (Communication Manager and Session Manager) behind Avaya SBCE, as screens.

What the older guide gets wrong: the table that turns the digits of an inbound call into an extension
(inc-call-handling-trmt) is missing, so are the trunk's other addresses in its server profile, which the SBCE takes
calls from, and a heartbeat; headers that tell of the enterprise are stripped only in part.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import ADDRESS_PLACEHOLDER, Options, Trunk, family

CODECS = {"PCMA/8000": "G.711A", "PCMU/8000": "G.711MU", "G729/8000": "G.729", "G722/8000": "G.722-64K"}


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read(
        "avaya_sbce",
        trunk,
        options,
        codecs=trunk.codecs_as(CODECS),
        shown=[trunk.caller_id, *(number for number in trunk.numbers if number != trunk.caller_id)],
        servers=_servers(trunk, options),
        address=options.address or ADDRESS_PLACEHOLDER,
        port=SYSTEM.port_for(options),
        nat_address=options.behind_nat and family(options.address) > 0,
    )


def _servers(trunk: Trunk, options: Options) -> list[tuple[str, str]]:
    """Who calls are taken from, and at which port: the endpoints, and the other addresses that the trunk calls from."""
    hosts = {endpoint.host: endpoint.port_at(options.transport) for endpoint in trunk.endpoints}
    port = str(trunk.endpoints[0].ports[options.transport])
    return list((hosts | {source: port for source in trunk.sources if source not in hosts}).items())


SYSTEM = System(
    name="avaya-sbce",
    title="Avaya SBCE",
    written_for="Aura 6.3 to 10, SBCE 6.3 to 10 (names of 6.3)",
    kinds=(SCREENS,),
    make=make,
    registers=False,
    srv=("udp", "tcp", "tls"),
    srv_first=True,
)
