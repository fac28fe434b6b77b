"""Yeastar P-Series, as screens.

A peer trunk of it has no credentials, so each endpoint is a register trunk. The number that was called is in To,
whether the trunk calls its registered contact or its address.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk

CODECS = {"PCMA/8000": "a-law", "PCMU/8000": "u-law", "G722/8000": "G.722", "G729/8000": "G.729A", "iLBC/8000": "iLBC"}


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read("yeastar", trunk, options, codecs=trunk.codecs_as(CODECS), port=SYSTEM.port_for(options))


SYSTEM = System(
    name="yeastar",
    title="Yeastar P-Series",
    written_for="P-Series, software, appliance and cloud edition",
    kinds=(SCREENS,),
    make=make,
    srv=("udp",),
)
