"""FreePBX 15 to 17, with chan_pjsip trunks, as screens.

What the older guide leaves out: without Match (Permit), FreePBX takes calls from the SIP Server's address alone;
`from-pstn` sees no number where the trunk calls the registered contact, `from-pstn-toheader` takes it from To. Rewrite
Contact is for phones: see asterisk.py. FreePBX puts no transport into the URIs that it makes, so over TCP and TLS they
are typed as a whole, with the '\\;' of Asterisk's files, because it writes them there as they are.
"""

from dataclasses import dataclass

from trunkline.pbx import escaping, screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.systems import asterisk
from trunkline.pbx.trunk import Endpoint, Options, Trunk, family


@dataclass(frozen=True, slots=True)
class Line:
    """One of FreePBX's trunks. `calls`: the outbound route goes through it."""

    name: str
    endpoint: Endpoint
    calls: bool
    registers: bool


def make(trunk: Trunk, options: Options) -> Made:
    trunks = _trunks(trunk, options)
    return screens.read(
        "freepbx",
        trunk,
        options,
        escaping.toml_freepbx,
        caller=f"{trunk.caller_name} <{trunk.caller_id}>" if trunk.caller_name else trunk.caller_id,
        codecs=trunk.codecs_as(asterisk.CODECS),
        expires=asterisk.EXPIRES,
        local_networks=asterisk.local_networks(options),
        port=SYSTEM.port_for(options),
        ipv6=family(options.address) == 6,
        trunks=trunks,
        sequence=[line.name for line in trunks if line.calls],
    )


def _trunks(trunk: Trunk, options: Options) -> list[Line]:
    """By SRV, one for calls; those that register stand behind it."""
    near = trunk.registrars if options.register else ()
    places = [(endpoint, True, endpoint in near) for endpoint in trunk.endpoints]
    if options.srv:
        places += [(endpoint, False, True) for endpoint in near]
    return [Line(f"trunk{place}", *line) for place, line in enumerate(places, start=1)]


SYSTEM = System(
    name="freepbx",
    title="FreePBX",
    written_for="15 to 17, with chan_pjsip",
    kinds=(SCREENS,),
    make=make,
    srv=("tcp",),
)
