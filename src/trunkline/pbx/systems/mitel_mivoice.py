"""Mitel MiVoice Business behind a MiVoice Border Gateway (MBG), as screens.

What the older guide gets wrong: it requires reliable provisional responses of whoever is called (100rel), so that no
call reaches a carrier that has none: here it is left at supporting them; its session timer of 90 s refreshes twice a
minute for nothing.
"""

from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.registry import SCREENS, Made, System
from trunkline.pbx.screens import OFF, ON, screen
from trunkline.pbx.trunk import Options, Trunk

MIVB, MBG = "MIVB-ADDRESS", "MBG-ADDRESS"
YES, NO = "Yes", "No"


def make(trunk: Trunk, options: Options) -> Made:
    parts = (*_mivoice(trunk, options), *_gateway(trunk, options))
    return Made(parts, STEPS, SEEN, tuple(_warnings(trunk, options)), PLACEHOLDERS)


def _mivoice(trunk: Trunk, options: Options) -> Iterator[Screen]:
    yield screen(
        "Voice Network > Network Elements > Add: MBG",
        ("Name", "MBG"),
        ("Type", "Outbound Proxy"),
        ("FQDN or IP Address", MBG),
        ("Outbound Proxy Transport Type", "default"),
        ("Outbound Proxy Port", "5060"),
    )
    for number, endpoint in enumerate(trunk.endpoints, 1):
        yield screen(
            f"Voice Network > Network Elements > Add: Trunk {number}",
            ("Name", f"Trunk {number}"),
            ("Type", "Other"),
            ("FQDN or IP Address", endpoint.host),
            ("SIP Peer", ON),
            ("SIP Peer Transport", "default"),
            ("SIP Peer Port", str(endpoint.ports[options.transport])),
            ("External SIP Proxy FQDN or IP Address", endpoint.host),
            ("SIP Registrar FQDN or IP Address", "", "no registration: calls find the gateway by its address"),
        )
    yield screen(
        "Trunks > Trunk Attributes > Trunk Service Number N",
        ("Direct Inward Dialing Service", YES),
        ("Dial-In Trunks Incoming Digit Modification - Absorb", "0", "numbers arrive whole, as below"),
    )
    yield screen(
        "Trunks > SIP > SIP Peer Profile > Basic, Call Routing, Calling Line ID",
        ("SIP Peer Profile Label", "Trunk 1", "one profile for each network element, all alike"),
        ("Network Element", "Trunk 1"),
        ("Address Type", "FQDN"),
        ("Outbound Proxy Server", "MBG"),
        ("Registration User Name", ""),
        ("Authentication User Name", trunk.key),
        ("Authentication Password", trunk.password),
        ("Authentication Option for Incoming Calls", "No Authentication"),
        ("Default CPN", trunk.caller_id),
        ("Default CPN Name", trunk.caller_name),
        ("Route Call Using To Header", NO),
    )
    yield screen(
        "Trunks > SIP > SIP Peer Profile > SDP Options",
        ("Allow Peer To Use Multiple Active M-Lines", YES),
        ("Allow Using UPDATE For Early Media Renegotiation", YES),
        ("Avoid Signaling Hold to the Peer", YES),
        ("AVP Only Peer", YES),
        ("Force sending SDP in initial Invite message", YES),
        ("Force sending SDP in initial Invite - Early Answer", YES),
        ("Limit to one Offer/Answer per INVITE", YES),
        ("NAT Keepalive", YES),
        ("Prevent the Use of IP Address 0.0.0.0 in SDP Messages", YES),
        ("RTP Packetization Rate", "20ms"),
    )
    yield screen(
        "Trunks > SIP > SIP Peer Profile > Signaling and Header Manipulation",
        ("Build Contact Using Request URI Address", NO),
        ("E.164: Enable sending '+'", YES),
        ("E.164: Add '+' if digit length > N digits", "7"),
        ("E.164: Do not add '+' to Called Party", YES),
        ("Disable Reliable Provisional Responses", NO),
        ("Require Reliable Provisional Responses on Outgoing Calls", NO, "supported is enough"),
        ("Only use SDP to decide 180 or 183", YES),
        ("Use P-Asserted-Identity Header", YES),
        ("Use Privacy: none", NO),
    )
    yield screen(
        "Trunks > SIP > SIP Peer Profile > Timers",
        ("Keepalive (OPTIONS) Period", "120"),
        ("Session Timer", str(trunk.session_seconds)),
        ("Session Timer: Local as Refresher", NO),
    )
    places = range(1, len(trunk.endpoints) + 1)
    yield screen(
        "System Properties > Dialing Plan > Digit Modification, ARS Routes, ARS Route Lists, ARS Digits Dialed",
        ("Digit Modification: Number of Digits to Absorb", "3", "9 and 00: what leaves is country code and number"),
        *((f"ARS Route {n}: SIP Peer Profile", f"Trunk {n}", "Routing Medium: SIP Trunk") for n in places),
        *((f"ARS Route List: Choice {n}", f"Route {n}", "the closest first") for n in places),
        ("ARS Digits Dialed", "900", "Number of Digits to Follow: Unknown; to the route list"),
    )
    yield screen(
        "Trunks > SIP > SIP Peer Profile Assignment by Incoming DID",
        *(("Incoming DID Range", number, "SIP Peer Profile: Trunk 1") for number in trunk.numbers),
        note="And in Dialing Plan > DID Ranges: the extension of each.",
    )


def _gateway(trunk: Trunk, options: Options) -> Iterator[Screen]:
    transport = options.transport.upper()
    yield screen(
        "MBG > System configuration > Settings > SIP options",
        ("SIP support", transport),
        ("PRACK support", ON),
    )
    yield screen(
        "MBG > Service configuration > ICPs",
        ("Name", "MiVoice"),
        ("Hostname or IP address", MIVB),
        ("Type", "MiVoice Business"),
    )
    for number, endpoint in enumerate(trunk.endpoints, 1):
        yield screen(
            f"MBG > Service configuration > SIP trunking > Add: Trunk {number}",
            ("Name", f"Trunk {number}"),
            ("Remote trunk endpoint address", endpoint.host),
            ("Remote trunk endpoint port", str(endpoint.ports[options.transport])),
            ("Transport protocol", transport),
            ("Options keepalives", "Always"),
            ("Options interval", str(trunk.keepalive_seconds)),
            ("Rewrite host in PAI", ON),
            ("RTP framesize", "20ms"),
            ("Authentication username", trunk.key),
            ("Authentication password", trunk.password),
        )
    hosts = {endpoint.host for endpoint in trunk.endpoints}
    for number, source in enumerate((source for source in trunk.sources if source not in hosts), 1):
        yield screen(
            f"MBG > Service configuration > SIP trunking > Add: Trunk in {number}",
            ("Name", f"Trunk in {number}"),
            ("Remote trunk endpoint address", source),
            ("Remote trunk endpoint port", str(trunk.endpoints[0].ports[options.transport])),
            ("Transport protocol", transport),
            ("Accept traffic from any port", OFF, "the trunk calls from the port that it is called at"),
            note="Calls come from here too: the gateway takes them only from a trunk that it knows.",
        )
    yield screen(
        "MBG > Service configuration > SIP trunking > each trunk > Routing rules",
        *(("Request URI", number, "to the ICP MiVoice") for number in trunk.numbers),
    )


STEPS = (
    f"Put your own addresses in the place of {MIVB} and {MBG}.",
    "Fill in MiVoice Business's screens, then the Border Gateway's.",
    "Enter the Forward to SIP text of each number in the dashboard.",
)

SEEN = (
    "MBG > SIP trunking: each trunk is green; its keepalives are answered.",
    "MiVoice: `SIP LINK STATE ALL` in the maintenance commands has the peer `in service`.",
    "A call out is in the dashboard at once, its caller with +; a call in rings the extension of its number.",
)

PLACEHOLDERS = ((MIVB, "the address of MiVoice Business"), (MBG, "the address of the Border Gateway toward it"))


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    yield "MBG has no SRTP on trunks as of release 10, as far as its manual says."
    if options.transport == "tls":
        yield "TLS needs MBG 11 with a trust profile that has the trunk's CA."
    yield (
        "An ARS route list is gone through in order: calls are not shared between the closest two. Newer gateways have "
        f"an SRV mode: where {trunk.domain} has SRV records, one network element and one trunk object of that name do."
    )


SYSTEM = System(
    name="mitel-mivoice",
    title="Mitel MiVoice and Border Gateway",
    written_for="MiVoice Business 8 to 9, Border Gateway 9.4 to 11",
    kinds=(SCREENS,),
    make=make,
    srtp=False,
    registers=False,
)
