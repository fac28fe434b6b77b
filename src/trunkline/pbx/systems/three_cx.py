"""3CX, with a generic SIP trunk, as screens.

A trunk that is not registered has no credentials, so each endpoint is a trunk with an account. Unless Outbound
Parameters say otherwise, 3CX writes the authentication ID in From, which is no number.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk

CODECS = {"PCMA/8000": "G.711 A-law", "PCMU/8000": "G.711 U-law", "G722/8000": "G.722", "G729/8000": "G.729"}


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read("three_cx", trunk, options, codecs=trunk.codecs_as(CODECS))


SYSTEM = System(
    name="3cx",
    title="3CX",
    written_for="V18 and V20",
    kinds=(SCREENS,),
    make=make,
)
