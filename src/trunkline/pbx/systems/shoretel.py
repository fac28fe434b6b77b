"""ShoreTel Director 14.2 behind an Ingate SIParator, as screens.

What the older guide gets wrong: numbers are dialled with seven or ten digits, so that calls abroad fail (404): here
they leave in E.164; the Ingate writes its own address in From where the trunk's name may stand; its network of the
trunk has one address, where each that calls come from is needed.
"""

from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.screens import OFF, ON, screen
from trunkline.pbx.trunk import Options, Trunk, bracketed

INGATE, SHORETEL = "INGATE-INSIDE-ADDRESS", "SHORETEL-SWITCH-ADDRESS"
CODECS = {"PCMA/8000": "PCMA", "PCMU/8000": "PCMU", "G729/8000": "G729", "G722/8000": "G722"}
PROFILE = (
    ("OptionsPing", "1"), ("StripVideoCodec", "1"), ("DontFwdRefer", "1"), ("SendMacIn911CallSetup", "1"),
    ("HistoryInfo", "diversion"), ("EnableP-AssertedIdentity", "1"), ("AddG729AnnexB_NO", "1"), ("Hairpin", "1"),
    ("Register", "0"), ("RegisterUser", "BTN"), ("RegisterExpiration", "3600"), ("CustomRules", "0"),
    ("OverwriteFromUser", "0"),
)  # fmt: skip


def make(trunk: Trunk, options: Options) -> Made:
    parts = (*_director(trunk), *_ingate(trunk, options))
    return Made(parts, STEPS, SEEN, tuple(_warnings(trunk, options)), PLACEHOLDERS)


def _director(trunk: Trunk) -> Iterator[Screen]:
    yield screen(
        "Administration > Call Control > Codec Lists > New",
        ("Name", "Trunk"),
        *((f"Codec {n}", CODECS[name]) for n, name in enumerate((c for c in trunk.codecs if c in CODECS), 1)),
    )
    yield screen(
        "Administration > Sites > your site",
        ("Inter-Site Calls", "Trunk", "the codec list"),
        ("Fax and Modem Calls", "Trunk", "T.38 is not carried: a fax goes as G.711"),
    )
    yield screen(
        "Administration > Trunks > SIP Profiles > Default ITSP > Copy",
        ("Name", "Trunk"),
        ("Enable", ON),
        ("OptionsPeriod", str(trunk.keepalive_seconds)),
        *PROFILE,
    )
    yield screen(
        "Administration > Trunks > Trunk Groups > Add: SIP",
        ("Name", "Trunk"),
        ("Profile", "Trunk"),
        ("Digest Authentication", "Outbound-Only"),
        ("Username", trunk.key),
        ("Password", trunk.password),
        ("Number of Digits from CO", str(max(map(len, trunk.numbers)))),
        ("DNIS", OFF),
        ("DID", ON),
        *(("DID Range", f"+{number}") for number in trunk.numbers),
        ("Enable Outbound: Access Code", "9"),
        ("Billing Telephone Number", f"+{trunk.caller_id}"),
        ("Dial in E.164 Format", ON, "what the trunk needs: + country code and number"),
        ("Dial 7 digits for Local Area Code", OFF),
        ("Remove leading 1 from 1+10D", OFF),
        ("Enable SIP Info for G.711 DTMF Signaling", OFF, "digits go as telephone-event"),
    )
    yield screen(
        "Administration > Trunks > Individual Trunks > Add",
        ("Trunk Group", "Trunk"),
        ("Name", "Trunk 1"),
        ("IP Address", INGATE),
        note="One for each call that may be up at once.",
    )
    yield screen(
        "Administration > Users > User Groups and Individual Users",
        ("Outgoing Trunk Groups", "Trunk"),
        *(("DID Range", f"+{number}", "the user that it rings") for number in trunk.numbers),
    )


def _ingate(trunk: Trunk, options: Options) -> Iterator[Screen]:
    known = [address for endpoint in trunk.endpoints for address in endpoint.addresses]
    networks = list(dict.fromkeys([*trunk.sources, *known]))
    yield screen(
        "Ingate > Network > Networks and Computers",
        *(("Trunk", address, "Lower and upper limit; Interface: outside") for address in networks),
        *(("Trunk media", where.network, f"UDP {where.port_min}-{where.port_max}") for where in trunk.media),
        ("ShoreTel", SHORETEL, "Interface: inside"),
    )
    yield screen(
        "Ingate > SIP Services > Basic Settings",
        ("SIP module", ON),
        *((("Signaling encryption: TLS", ON, "with the trunk's CA under Basic Configuration > Certificates"),)
          if options.transport == "tls" else ()),
        *((("Media encryption", "SRTP (SDES) toward Trunk, RTP toward ShoreTel"),) if options.srtp else ()),
    )  # fmt: skip
    yield screen(
        "Ingate > SIP Trunks > Trunk 1",
        ("Define SIP trunk parameters", ON),
        ("Service name", "Trunk"),
        ("Service Provider Domain", trunk.domain),
        ("Restrict to calls from", "Trunk"),
        ("Use alias IP address", ""),
        ("Outbound Proxy", _proxies(trunk, options), "tried in this order"),
        ("Transport", options.transport.upper()),
        ("From domain", "Provider domain"),
        ("Host name in Request-URI of incoming calls", options.reachable),
        ("Route incoming based on", "Request-URI"),
        ("P-Asserted-Identity trust", OFF),
        ("Register", "No"),
        ("Main Trunk Line: Phone Number", trunk.caller_id),
        ("Main Trunk Line: Auth. User ID", trunk.key),
        ("Main Trunk Line: Password", trunk.password),
        ("PBX Lines: From PBX Number / URI", "(.*)"),
        ("PBX Lines: Display / User Name", "$1"),
        ("PBX IP Address", SHORETEL),
    )
    yield screen(
        "Ingate > SIP Traffic > Dial Plan",
        ("Matching From Header: ShoreTel", "network ShoreTel: Forward to Trunk 1"),
        ("Matching From Header: Trunk", "network Trunk: Forward to ShoreTel"),
        ("Everything else", "Reject"),
    )


def _proxies(trunk: Trunk, options: Options) -> str:
    return ", ".join(f"{bracketed(e.host)}:{e.ports[options.transport]}" for e in trunk.endpoints)


STEPS = (
    f"Put your own addresses in the place of {INGATE} and {SHORETEL}.",
    "Fill in the Director's screens, then the Ingate's; there, Save/Load Configuration > Apply.",
    "Enter the Forward to SIP text of each number in the dashboard.",
)

SEEN = (
    "Director > Maintenance > Quick Look: the trunks are In Service.",
    "Ingate > Status > SIP Status: the trunk is up; the log has a 200 for each OPTIONS.",
    "A call out is in the dashboard at once; the number that it called has its country code.",
    "A transfer to a mobile telephone talks both ways (it is a re-INVITE without SDP).",
)

PLACEHOLDERS = (
    (INGATE, "the Ingate's address toward ShoreTel"),
    (SHORETEL, "the ShoreTel switch that has the SIP trunks"),
)


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    yield "ShoreTel 14 is at the end of its life; Mitel Connect, its successor, has other screens."
    if len(set(map(len, trunk.numbers))) > 1:
        yield "The numbers have different lengths: make a trunk group for each length, with its own digits from CO."
    yield "The Ingate goes through its proxies in order: calls are not shared between the closest two."
    if options.transport == "tls" or options.srtp:
        yield "TLS and SRTP are the Ingate's, and need its licence; toward ShoreTel all stays plain."


SYSTEM = System(
    name="shoretel",
    title="ShoreTel Director and Ingate SIParator",
    written_for="ShoreTel 14.2, SIParator 5 and 6",
    kinds=(SCREENS,),
    make=make,
    registers=False,
)
