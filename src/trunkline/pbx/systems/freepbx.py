"""FreePBX 15 to 17, with chan_pjsip trunks, as screens.

What the older guide leaves out: without Match (Permit), FreePBX takes calls from the SIP Server's address alone;
`from-pstn` sees no number where the trunk calls the registered contact, `from-pstn-toheader` takes it from To. Rewrite
Contact is for phones: see asterisk.py. FreePBX puts no transport into the URIs that it makes, so over TCP and TLS they
are typed as a whole, with the '\\;' of Asterisk's files, because it writes them there as they are.
"""

from trunkline.pbx import escaping, screens
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.systems import asterisk
from trunkline.pbx.trunk import Options, Trunk


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read(
        "freepbx",
        trunk,
        options,
        escaping.toml_freepbx,
        caller=f"{trunk.caller_name} <{trunk.caller_id}>" if trunk.caller_name else trunk.caller_id,
        codecs=asterisk.codecs(trunk).split(","),
        expires=asterisk.EXPIRES,
        local_networks=asterisk.local_networks(options),
        port=SYSTEM.port_for(options),
        sequence=[f"trunk{place}" for place in range(1, len(trunk.endpoints) + 1)],
    )


SYSTEM = System(
    name="freepbx",
    title="FreePBX",
    written_for="15 to 17, with chan_pjsip",
    kinds=(SCREENS,),
    make=make,
    srv=("tcp",),
)
