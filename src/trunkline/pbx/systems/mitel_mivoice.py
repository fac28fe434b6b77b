"""Mitel MiVoice Business behind a MiVoice Border Gateway (MBG), as screens.

What the older guide gets wrong: it requires reliable provisional responses of whoever is called (100rel), so that no
call reaches a carrier that has none: here it is left at supporting them; its session timer of 90 s refreshes twice a
minute for nothing.
"""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read("mitel_mivoice", trunk, options)


SYSTEM = System(
    name="mitel-mivoice",
    title="Mitel MiVoice and Border Gateway",
    written_for="MiVoice Business 8 to 9, Border Gateway 9.4 to 11",
    kinds=(SCREENS,),
    make=make,
    srtp=False,
    registers=False,
    srv=("udp", "tcp"),
    srv_first=True,
)
