"""ShoreTel Director 14.2 behind an Ingate SIParator, as screens.

What the older guide gets wrong: numbers are dialled with seven or ten digits, so that calls abroad fail (404): here
they leave in E.164; the Ingate writes its own address in From where the trunk's name may stand; its network of the
trunk has one address, where each that calls come from is needed.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk

CODECS = {"PCMA/8000": "PCMA", "PCMU/8000": "PCMU", "G729/8000": "G729", "G722/8000": "G722"}


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read(
        "shoretel",
        trunk,
        options,
        codecs=trunk.codecs_as(CODECS),
        networks=list(dict.fromkeys([*trunk.sources, *trunk.addresses])),
        proxies=[endpoint.at(options.transport) for endpoint in trunk.endpoints],
    )


SYSTEM = System(
    name="shoretel",
    title="ShoreTel Director and Ingate SIParator",
    written_for="ShoreTel 14.2, SIParator 5 and 6",
    kinds=(SCREENS,),
    make=make,
    registers=False,
)
