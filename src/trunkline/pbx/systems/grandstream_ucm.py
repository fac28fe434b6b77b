"""Grandstream UCM6200, UCM6300 and UCM6500 series, as screens.

From User comes before every other caller ID that a UCM has, and without one a register trunk may write its user name,
the key, which is no number. It takes the called number from the Request-URI unless DID Mode says To.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk

CODECS = {"PCMA/8000": "PCMA", "PCMU/8000": "PCMU", "G722/8000": "G.722", "G729/8000": "G.729", "iLBC/8000": "iLBC"}


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read(
        "grandstream_ucm", trunk, options, codecs=trunk.codecs_as(CODECS), port=SYSTEM.port_for(options)
    )


SYSTEM = System(
    name="grandstream-ucm",
    title="Grandstream UCM",
    written_for="UCM6200, UCM6300 and UCM6500 series",
    kinds=(SCREENS,),
    make=make,
)
