"""Avaya Aura (Communication Manager and Session Manager) behind Avaya SBCE, as screens.

What the older guide gets wrong: the table that turns the digits of an inbound call into an extension
(inc-call-handling-trmt) is missing, so are the trunk's other addresses in its server profile, which the SBCE takes
calls from, and a heartbeat; headers that tell of the enterprise are stripped only in part.
"""

from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.screens import OFF, screen
from trunkline.pbx.trunk import ADDRESS_PLACEHOLDER, Options, Trunk, family

CODECS = {"PCMA/8000": "G.711A", "PCMU/8000": "G.711MU", "G729/8000": "G.729", "G722/8000": "G.722-64K"}
STRIPPED = (
    "AV-Global-Session-ID", "Alert-Info", "Endpoint-View", "Max-Breadth", "P-AV-Message-Id", "P-Charging-Vector",
    "P-Location", "User-to-User",
)  # fmt: skip


def make(trunk: Trunk, options: Options) -> Made:
    parts = (*_communication_manager(trunk), *_session_manager(trunk), *_sbce(trunk, options))
    return Made(parts, STEPS, SEEN, tuple(_warnings(trunk, options)))


def _communication_manager(trunk: Trunk) -> Iterator[Screen]:
    yield screen(
        "CM: change system-parameters features",
        ("Trunk-to-Trunk Transfer", "all", "so that forwarded calls may go out again"),
    )
    yield screen(
        "CM: change ip-codec-set 1",
        *((f"Audio Codec {n}", name) for n, name in enumerate(_codecs(trunk), 1)),
        ("Silence Suppression", "n"),
        ("Packet Size (ms)", "20"),
        ("FAX Mode (page 2)", "off", "T.38 is not carried: a fax goes as G.711"),
    )
    yield screen(
        "CM: add signaling-group next",
        ("Group Type", "sip"),
        ("Transport Method", "tls", "toward Session Manager"),
        ("Near-end Node Name", "procr"),
        ("Far-end Node Name", "SM", "the node name of your Session Manager"),
        ("Prepend '+' to Outgoing Calling/Alerting/Diverting/Connected Public Numbers?", "y"),
        ("Remove '+' from Incoming Called/Calling/Alerting/Diverting/Connected Numbers?", "n"),
        ("DTMF over IP", "rtp-payload"),
        ("RFC 3389 Comfort Noise?", "n"),
        ("Direct IP-IP Audio Connections?", "y"),
        ("Initial IP-IP Direct Media?", "n"),
    )
    yield screen(
        "CM: add trunk-group next",
        ("Group Type", "sip"),
        ("Service Type", "public-ntwrk"),
        ("Preferred Minimum Session Refresh Interval(sec) (page 2)", str(trunk.session_seconds // 2)),
        ("Numbering Format (page 3)", "public"),
        ("Mark Users as Phone? (page 4)", "n"),
        ("Network Call Redirection? (page 4)", "n", "REFER is refused by the trunk"),
        ("Send Diversion Header? (page 4)", "y", "vouches for the caller of a forwarded call"),
        ("Support Request History? (page 4)", "y"),
        ("Telephone Event Payload Type (page 4)", "101"),
        ("Convert 180 to 183 for Early Media? (page 4)", "n"),
    )
    yield screen(
        "CM: change public-unknown-numbering 0",
        *(
            ("CPN Prefix", number, "for the extension that shows it; Total CPN Len: its length")
            for number in _own(trunk)
        ),
    )
    yield screen(
        "CM: change inc-call-handling-trmt trunk-group N",
        *(("Called Number", number, "Del all, Insert its extension") for number in trunk.numbers),
    )
    yield screen(
        "CM: change ars analysis 0",
        ("Dialed String", "00", "your international prefix; Call Type intl, then a route pattern to the trunk group"),
    )


def _session_manager(trunk: Trunk) -> Iterator[Screen]:
    yield screen(
        "System Manager > Routing > Adaptations",
        ("Module Name", "DigitConversionAdapter"),
        ("Module Parameter", "fromto=true"),
        ("Digit Conversion for Outgoing Calls from SM: Matching Pattern", "00", "Delete Digits 2, Insert Digits +"),
        note="So that what leaves is + country code and number: 00 or 011 before it is refused (404).",
    )
    yield screen(
        "System Manager > Routing > SIP Entities, Entity Links, Routing Policies",
        ("SBCE: Type", "SIP Trunk"),
        ("SBCE: Link Monitoring", "Use Session Manager Configuration"),
        ("CM: Type", "CM"),
        ("Entity Links: Protocol, Port", "TLS, 5061", "one to the SBCE, one to CM"),
    )
    yield screen(
        "System Manager > Routing > Dial Patterns",
        ("Pattern", "+", "Min 8, Max 16, to the routing policy of the SBCE"),
        *(("Pattern", number, f"Min and Max {len(number)}, to the routing policy of CM") for number in trunk.numbers),
    )


def _sbce(trunk: Trunk, options: Options) -> Iterator[Screen]:
    transport = options.transport.upper()
    yield screen(
        "SBCE > Global Profiles > Server Interworking > Add: Trunk",
        ("Hold Support", "None"),
        ("180/181/182/183 Handling", "None"),
        ("Refer Handling", OFF),
        ("Delayed Offer", OFF),
        ("Re-Invite Handling", OFF),
        ("Prack Handling", OFF),
        ("T.38 Support", "No"),
        ("AVAYA Extensions (Advanced)", "No"),
        ("Has Remote SBC (Advanced)", "Yes"),
    )
    yield _servers(trunk, transport)
    yield screen(
        "SBCE > Global Profiles > Server Configuration > Trunk > Authentication, Heartbeat, Advanced",
        ("Enable Authentication", "on"),
        ("User Name", trunk.key),
        ("Realm", trunk.domain),
        ("Password", trunk.password),
        ("Enable Heartbeat", "on"),
        ("Method", "OPTIONS"),
        ("Frequency", f"{trunk.keepalive_seconds} seconds"),
        ("From URI", f"ping@{trunk.domain}"),
        ("To URI", f"ping@{trunk.domain}"),
        ("Interworking Profile", "Trunk"),
        *((("TLS Client Profile", "Trunk", "verifies against the trunk's CA"),) if options.transport == "tls" else ()),
    )
    yield screen(
        "SBCE > Global Profiles > Routing > Add: To trunk",
        ("Load Balancing", "Priority"),
        *(
            (f"Priority {n}: Next Hop Address", endpoint.at(options.transport), f"Transport {transport}")
            for n, endpoint in enumerate(trunk.endpoints, 1)
        ),
        ("Next Hop In-Dialog", OFF),
    )
    yield screen(
        "SBCE > Global Profiles > Topology Hiding > Clone default: Trunk",
        *((f"{header}: Overwrite", trunk.domain) for header in ("Request-Line", "To", "From")),
    )
    yield screen(
        "SBCE > Domain Policies > Signaling Rules > Clone default: Trunk > Request Headers",
        *(("Add Out Header Control: Remove Header", name) for name in STRIPPED),
        note="They tell of your enterprise, and make an INVITE larger than a packet. The trunk takes them as well.",
    )
    media = "SRTP_AES_CM_128_HMAC_SHA1_80" if options.srtp else "RTP"
    yield screen(
        "SBCE > Domain Policies > Media Rules > Clone default-low-med: Trunk",
        ("Audio Encryption: Preferred Format #1", media),
        ("Encrypted RTCP", OFF),
        note="Then an End Point Policy Group with this rule and the signaling rule.",
    )
    yield _interfaces(trunk, options, transport)


def _servers(trunk: Trunk, transport: str) -> Screen:
    port = trunk.endpoints[0].ports[transport.lower()]
    hosts = {endpoint.host: endpoint.ports[transport.lower()] for endpoint in trunk.endpoints}
    named = {source: port for source in trunk.sources if source not in hosts}
    return screen(
        "SBCE > Global Profiles > Server Configuration > Add: Trunk (newer: Services > SIP Servers)",
        ("Server Type", "Trunk Server"),
        *(
            ("IP Address / FQDN", host, f"Port {number}, Transport {transport}")
            for host, number in (hosts | named).items()
        ),
        note="Calls are taken from these addresses only: those that the trunk calls from are among them.",
    )


def _interfaces(trunk: Trunk, options: Options, transport: str) -> Screen:
    return screen(
        "SBCE > Device Specific Settings > Media Interface, Signaling Interface, End Point Flows",
        ("External signaling: IP Address", options.address or ADDRESS_PLACEHOLDER),
        (f"External signaling: {transport} Port", str(SYSTEM.port_for(options))),
        ("External media: Port Range", "35000-40000"),
        ("Server Flow: Server Configuration", "Trunk", "and one for Session Manager, the other way round"),
        ("Server Flow: Routing Profile", "To SM", "the one that leads to your Session Manager"),
        ("Server Flow: Topology Hiding Profile", "Trunk"),
        note="Newer SBCEs have these under Network & Flows.",
    )


def _codecs(trunk: Trunk) -> list[str]:
    return [CODECS[name] for name in trunk.codecs if name in CODECS]


def _own(trunk: Trunk) -> list[str]:
    """The number that is shown first."""
    return [trunk.caller_id, *(number for number in trunk.numbers if number != trunk.caller_id)]


STEPS = (
    "Fill in the screens in their order: Communication Manager, Session Manager, SBCE.",
    "Enter the Forward to SIP text of each number in the dashboard.",
)

SEEN = (
    "CM: `status trunk N` shows in-service/idle.",
    "Session Manager > SIP Entity Monitoring: the link to the SBCE is UP, 200 OK.",
    "SBCE > Status > Server Status: each endpoint of the trunk is UP.",
    "A call out is in the dashboard at once; its caller has your number with +.",
)


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    yield (
        "Priority makes the SBCE go through the endpoints in order: calls are not shared between the closest two. "
        "Where the trunk's name has SRV records, Load Balancing DNS/SRV with that name does."
    )
    if family(options.address) and options.behind_nat:
        yield "Behind a NAT, enter its public address as Public IP in Network Management, and switch its SIP ALG off."


SYSTEM = System(
    name="avaya-sbce",
    title="Avaya SBCE",
    written_for="Aura 6.3 to 10, SBCE 6.3 to 10 (names of 6.3)",
    kinds=(SCREENS,),
    make=make,
    registers=False,
)
