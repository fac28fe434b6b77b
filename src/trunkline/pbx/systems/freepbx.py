"""FreePBX 15 to 17, with chan_pjsip trunks, as screens.

What the older guide leaves out: without Match (Permit), FreePBX takes calls from the SIP Server's address alone;
`from-pstn` sees no number where the trunk calls the registered contact, `from-pstn-toheader` takes it from To. Rewrite
Contact is for phones: see asterisk.py. FreePBX puts no transport into the URIs that it makes, so over TCP and TLS they
are typed as a whole, with the '\\;' of Asterisk's files, because it writes them there as they are.
"""

from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.escaping import freepbx as held
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.screens import screen
from trunkline.pbx.systems import asterisk
from trunkline.pbx.trunk import Endpoint, Options, Trunk, bracketed

CONTEXT = "from-pstn-toheader"
CONTACT_USER = "trunk"


def make(trunk: Trunk, options: Options) -> Made:
    parts = [_sip_settings(trunk, options)]
    for place, endpoint in enumerate(trunk.endpoints, 1):
        parts += _trunk(trunk, options, endpoint, place)
    parts += [_outbound(trunk), *_inbound(trunk, options)]
    return Made(parts, _steps(options), _seen(trunk, options), _warnings(trunk))


def _sip_settings(trunk: Trunk, options: Options) -> Screen:
    names = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
    fields: list[tuple[str, ...]] = [("Allow Anonymous Inbound SIP Calls", "No"), ("Allow SIP Guests", "No")]
    if options.behind_nat:
        networks = ", ".join(asterisk.local_networks(options))
        fields += [("External Address", held(options.public_address)), ("Local Networks", networks)]
    name = names[options.transport]
    fields += [
        (f"{options.transport} - 0.0.0.0 - All", "Yes", "tab SIP Settings [chan_pjsip]"),
        (f"Port to Listen On, {name}", str(SYSTEM.port_for(options)), "what Forward to SIP names"),
    ]
    if options.transport == "tls":
        fields += [
            ("Certificate Manager", "a certificate of this machine"),
            ("SSL Method", "tlsv1_2"),
            ("Verify Server", "No" if trunk.ca else "Yes", _about_ca(trunk)),
        ]
    return screen("Settings > Asterisk SIP Settings", *fields)


def _about_ca(trunk: Trunk) -> str:
    return "FreePBX knows public authorities only, and the trunk has one of its own" if trunk.ca else ""


def _trunk(trunk: Trunk, options: Options, endpoint: Endpoint, place: int) -> Iterator[Screen]:
    name = f"trunk{place}"
    path = f"Connectivity > Trunks > Add Trunk > Add SIP (chan_pjsip) Trunk: {name}"
    caller = f"{held(trunk.caller_name)} <{trunk.caller_id}>" if trunk.caller_name else trunk.caller_id
    yield screen(
        f"{path}, General",
        ("Trunk Name", name),
        ("Outbound CallerID", caller),
        ("CID Options", "Force Trunk CID"),
        note=f"{endpoint.host}{', the closest' if place == 1 else ''}",
    )
    yield screen(
        f"{path}, Dialed Number Manipulation Rules",
        ("prefix of rule 1", "+"),
        ("match pattern of rule 1", "."),
        ("prefix of rule 2", "00"),
        ("match pattern of rule 2", "."),
        note="What is dialled with + or 00 leaves without it: country code and number.",
    )
    yield screen(
        f"{path}, pjsip Settings > General",
        ("Username", held(trunk.key)),
        ("Secret", held(trunk.password)),
        ("Authentication", "Outbound"),
        ("Registration", "Send" if options.register and place <= 2 else "None"),
        ("SIP Server", held(bracketed(endpoint.host))),
        ("SIP Server Port", str(endpoint.ports[options.transport])),
        ("Context", CONTEXT, "the number is taken from To"),
        ("Transport", f"0.0.0.0-{options.transport}"),
    )
    yield screen(f"{path}, pjsip Settings > Advanced", *_advanced(trunk, options, endpoint, place))
    codecs = asterisk.codecs(trunk).split(",")
    yield screen(f"{path}, pjsip Settings > Codecs", ("Codecs, in this order", ", ".join(codecs), "and no other"))


def _advanced(trunk: Trunk, options: Options, endpoint: Endpoint, place: int) -> Iterator[tuple[str, ...]]:
    yield ("DTMF Mode", "RFC 4733")
    yield ("Permanent Auth Rejection", "No")
    yield ("Forbidden Retry Interval", "300")
    yield ("General Retry Interval", "30")
    yield ("Expiration", str(asterisk.EXPIRES))
    yield ("Max Retries", "10000")
    yield ("Qualify Frequency", str(trunk.keepalive_seconds))
    yield ("Contact User", CONTACT_USER if options.register and place <= 2 else "")
    yield ("From Domain", held(trunk.domain))
    yield ("From User", trunk.caller_id)
    if options.transport != "udp":
        where = f"{endpoint.at(options.transport)}\\;transport={options.transport}"
        yield ("Client URI", f"sip:{trunk.key}@{endpoint.at(options.transport)}", "if it registers")
        yield ("Server URI", f"sip:{where}", "if it registers; with the backslash")
        yield ("AOR Contact", f"sip:{trunk.key}@{where}", "with the backslash")
    yield ("Match (Permit)", ",".join(trunk.sources), "where calls come from")
    yield ("Support T.38 UDPTL", "No")
    yield ("Trust RPID/PAI", "No")
    yield ("Send RPID/PAI", "No")
    yield ("Direct Media", "No")
    yield ("Rewrite Contact", "No", "it is for phones, and breaks what a trunk's proxies need")
    yield ("RTP Symmetric", "Yes")
    yield ("Media Encryption", "SRTP via in-SDP" if options.srtp else "None")


def _outbound(trunk: Trunk) -> Screen:
    sequence = ", ".join(f"trunk{place}" for place in range(1, len(trunk.endpoints) + 1))
    return screen(
        "Connectivity > Outbound Routes > Add Outbound Route",
        ("Route Name", "trunk"),
        ("Trunk Sequence for Matched Routes", sequence, "each is for when those before it fail"),
        ("match pattern 1", "+ZXXXXXX."),
        ("match pattern 2", "00ZXXXXXX."),
        ("match pattern 3", "ZXXXXXX."),
    )


def _inbound(trunk: Trunk, options: Options) -> Iterator[Screen]:
    for number in trunk.numbers:
        yield screen(
            f"Connectivity > Inbound Routes > Add Inbound Route: {number}",
            ("Description", f"+{number}"),
            ("DID Number", number, "digits, without +"),
            ("Set Destination", f"Extensions: {options.extension}"),
        )


def _steps(options: Options) -> list[str]:
    restart = "Restart Asterisk (fwconsole restart): a changed transport is not reloaded."
    return [
        "Fill in the screens below, in their order; fields that are not named keep their values.",
        "Submit each, and Apply Config at the end.",
        restart,
        "Have your firewall, and Connectivity > Firewall of FreePBX, let the trunk's addresses pass.",
        "Set Forward to SIP of each number as below.",
    ]


def _seen(trunk: Trunk, options: Options) -> list[str]:
    seen = ["Reports > Asterisk Info > Peers: each trunk is Avail, with a time."]
    if options.register:
        seen.append("Reports > Asterisk Info > Registries: trunk1 and trunk2 are Registered.")
    return [*seen, f"A call to +{trunk.numbers[0]} rings {options.extension}; one from there shows under Calls."]


def _warnings(trunk: Trunk) -> list[str]:
    if len(trunk.endpoints) < 2:
        return []
    return ["FreePBX uses its trunks in order: it cannot let the two closest endpoints take turns."]


SYSTEM = System(
    name="freepbx",
    title="FreePBX",
    written_for="15 to 17, with chan_pjsip",
    kinds=(SCREENS,),
    make=make,
)
