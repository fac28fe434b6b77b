"""NEC SV9100, as the programs of PCPro or WebPro.

What the older guide gets wrong: E.164 mode 1 writes the site's country code before every number, international ones
too, so that calls abroad fail (404): here it is off, and country code and number are dialled; the realm's name had to
be pinned to one address, since the second address of a name did not know the first one's challenge: here it does.
"""

import ipaddress
from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.screens import screen
from trunkline.pbx.trunk import Options, Trunk, family

CODECS = {"PCMA/8000": "G.711 A-law", "PCMU/8000": "G.711 u-law", "G729/8000": "G.729", "G722/8000": "G.722"}
ON, OFF = "On", "Off"
ROUTER, NAME_SERVER, BOARD = "ROUTER-ADDRESS", "NAME-SERVER-ADDRESS", "VOIP-BOARD-ADDRESS"
PLACEHOLDERS = (
    (ROUTER, "the address of the router in front of the SV9100"),
    (NAME_SERVER, "the address of a name server"),
    (BOARD, "the address of the VoIP daughter board, in the SV9100's network"),
)


def make(trunk: Trunk, options: Options) -> Made:
    parts = (*_network(trunk), *_trunk(trunk, options), *_numbers(trunk), _firewall(trunk, options))
    return Made(parts, STEPS, SEEN, tuple(_warnings(trunk, options)), PLACEHOLDERS)


def _network(trunk: Trunk) -> Iterator[Screen]:
    yield screen(
        "10-12 CD-CP00 Network Setup",
        ("Default Gateway", ROUTER),
        ("DNS primary server", NAME_SERVER, "it must find the trunk's name"),
    )
    yield screen(
        "84-26 VoIP Basic Setup (DSP)",
        ("IP Address", BOARD),
        note="Audio comes from this address, SIP from that of 10-12: the trunk sends audio there once it hears it.",
    )


def _trunk(trunk: Trunk, options: Options) -> Iterator[Screen]:
    domain, host = _split(trunk.domain)
    yield screen(
        "10-28 SIP System Information Setup",
        ("Domain Name", domain),
        ("Host Name", host),
        ("Transport Protocol", "UDP"),
        ("Domain Assignment", "Domain Name"),
    )
    yield screen(
        "10-29 SIP Server Information Setup",
        ("Default Proxy (Outbound)", ON),
        ("Default Proxy (Inbound)", OFF),
        ("10-29-03 Default Proxy (an IP address, or the trunk's name)", _proxy(trunk)),
        ("Default Proxy Port Number", str(trunk.endpoints[0].ports[options.transport])),
        ("Registrar Mode", "Manual" if options.register else "None"),
        ("Registrar Domain Name", trunk.domain),
        ("Registrar Port Number", str(trunk.endpoints[0].ports[options.transport])),
        ("Proxy Domain Name", domain),
        ("Proxy Host Name", host),
        ("SIP Carrier Choice", "Carrier B"),
        ("Registration Expiry Time (s)", "3600"),
        ("Authentication Trial", "1", "is enough: a challenge of one endpoint is known to all"),
        ("NAT Router", ON if options.behind_nat else OFF),
    )
    yield screen(
        "10-36 SIP Trunk Registration Information Setup",
        ("Registration", ON if options.register else OFF),
        ("10-36-02 User ID", trunk.key),
        ("Authentication User ID", trunk.key),
        ("Authentication Password", trunk.password),
    )
    yield screen(
        "84-13 SIP Trunk CODEC Information Basic Setup",
        ("Audio Capability Priority", ", ".join(CODECS[name] for name in trunk.codecs if name in CODECS)),
        ("Packet length (ms)", "20"),
        ("DTMF Relay Mode", "RFC2833"),
        ("DTMF Payload Number", "101"),
    )
    yield screen(
        "84-14 SIP Trunk Basic Information Setup",
        ("SIP Trunk Port Number", str(SYSTEM.port_for(options))),
        ("Session Timer Value (s)", str(trunk.session_seconds)),
        ("Minimum Session Timer Value (s)", str(trunk.session_min_seconds)),
        ("Called Party Info", "Request URI"),
        ("URL Type", "SIP-URL"),
        ("URL/To Header Setting Information", "Proxy Server Domain"),
        ("84-14-13 Incoming/Outgoing SIP Trunk for E.164", OFF, "dial country code and number yourself"),
        ("84-14-16 SIP Trunk SIP-URI E.164 Incoming Mode", OFF),
        ("100rel Settings", "Accept"),
        ("OPTIONS Interval (s)", "180"),
        ("OPTIONS Fail Limit", "3", "1 takes the trunk down at the first lost packet"),
        ("OPTIONS User", "ping"),
    )


def _numbers(trunk: Trunk) -> Iterator[Screen]:
    yield screen(
        "10-02 Location Setup",
        ("10-02-01 Country Code", "", "blank: with it, every number gets it once more"),
    )
    yield screen(
        "14-01, 14-12 Trunk Setup",
        ("14-01-24 Trunk-to-Trunk Outgoing Caller ID Through Mode", OFF, "the caller ID must be a number of yours"),
        ("Register ID", "0"),
    )
    yield screen("20-08 Class of Service (Outgoing)", ("Calling Line Identification (CLIP)", ON))
    yield screen(
        "21-17, 21-19 Calling Party Number",
        ("21-17 Calling Party Number of each trunk", trunk.caller_id, "without it, the key is sent: 403"),
        ("21-19 Calling Party Number of each extension", trunk.caller_id, "or another number of yours"),
    )
    yield screen("22-02 Incoming Call Trunk Setup", ("Type of each trunk", "DID"))
    length = max(map(len, trunk.numbers))
    yield screen(
        "22-04, 22-09, 22-11 DID",
        ("22-09 Expected Number of Digits", str(length), "numbers arrive whole, without +"),
        *(("22-11 Received Number", number, "Target: its extension or group") for number in trunk.numbers),
    )


def _firewall(trunk: Trunk, options: Options) -> Screen:
    """The SV9100 has no list of who may call it."""
    port = SYSTEM.port_for(options)
    return screen(
        "The firewall in front of it",
        *(("SIP from", source, f"to UDP {port}") for source in trunk.sources),
        *(("Audio from", where.network, f"UDP {where.port_min}-{where.port_max}") for where in trunk.media),
        note="Let nobody else in: the SV9100 takes trunk calls from everywhere.",
    )


def _split(domain: str) -> tuple[str, str]:
    """The program has a field for the first label and one for the rest."""
    host, _, rest = domain.partition(".")
    return (rest, host) if rest else (domain, "")


def _proxy(trunk: Trunk) -> str:
    """The trunk's name has all endpoints; where it is none, the closest one's address."""
    first = trunk.endpoints[0]
    addresses = [first.host, *first.addresses]
    address = next((a for a in addresses if family(a)), "")
    return str(ipaddress.ip_address(address)) if address and not trunk.srv else trunk.domain


STEPS = (
    "Enter the programs in their order with PCPro or WebPro, and upload. A change of 10-12 needs a restart.",
    "Enter the Forward to SIP text of each number in the dashboard.",
)

SEEN = (
    "In PCPro's System Status, or by the lamp of the trunk card, the SIP trunks are idle, not busy: all are busy while "
    "the registration fails.",
    "A call out is in the dashboard at once, with your number as caller.",
    "A call to your number rings the extension of 22-11.",
)


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    yield "The SV9100 has one outbound proxy: there is no second endpoint but by the trunk's name (SRV or addresses)."
    yield "It sends no Diversion: a forwarded call with its first caller's number is refused unless that may be shown."
    if options.behind_nat:
        yield "Behind a NAT, enter its public address in 10-12 (NAPT Router IP Address), and switch its SIP ALG off."


SYSTEM = System(
    name="nec-sv9100",
    title="NEC SV9100",
    written_for="R6 to R13",
    kinds=(SCREENS,),
    make=make,
    transports=("udp",),
    srtp=False,
)
