"""Any other PBX or session border controller: what such a thing asks for, whatever it calls it."""

from trunkline.pbx import screens
from trunkline.pbx.system import GENERIC, SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk
from trunkline.sip.codecs import spoken


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read("generic", trunk, options, codecs=tuple(map(spoken, trunk.codecs)))


SYSTEM = System(
    name=GENERIC,
    title="Another PBX",
    written_for="any with SIP trunks",
    kinds=(SCREENS,),
    make=make,
    srv=("udp", "tcp", "tls"),
)
