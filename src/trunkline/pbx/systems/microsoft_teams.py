"""Microsoft Teams by direct routing: an SBC that Microsoft has certified stands between Teams and the trunk. The SBC as
screens that name no product, Teams as PowerShell.

Teams speaks TLS and SRTP alone, and knows an SBC by the name in its Contact, which is in its certificate; it has no
credentials for a trunk, so these are the SBC's. It wants '+' in the number that is called, which the SBC writes.
"""

import dataclasses

from trunkline.pbx import screens
from trunkline.pbx.configuration import Commands
from trunkline.pbx.escaping import powershell
from trunkline.pbx.system import COMMANDS, SCREENS, Made, System
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Options, Trunk
from trunkline.sip.codecs import spoken

SBC = "SBC-NAME"
SIGNALING_PORT = 5067  # of the SBC toward Teams: another one than toward the trunk, so that one address serves both


def make(trunk: Trunk, options: Options) -> Made:
    toward_teams = {"sbc": SBC, "signaling_port": SIGNALING_PORT}
    title = f"{SYSTEM.title} on {trunk.domain}"
    shell = render("microsoft_teams/teams.ps1", powershell, title=title, numbers=trunk.numbers, **toward_teams)
    codecs = tuple(map(spoken, trunk.codecs))
    made = screens.read("microsoft_teams", trunk, options, codecs=codecs, **toward_teams)
    return dataclasses.replace(made, parts=(*made.parts, Commands("teams.ps1", "Teams PowerShell", shell)))


SYSTEM = System(
    name="microsoft-teams",
    title="Microsoft Teams behind an SBC",
    written_for="direct routing, without media bypass",
    kinds=(COMMANDS, SCREENS),
    make=make,
    srv=("udp", "tcp", "tls"),
)
