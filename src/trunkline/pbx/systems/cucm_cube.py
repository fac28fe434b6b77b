"""Cisco Unified Communications Manager behind CUBE (IOS-XE 16 and 17): CUBE as commands, CUCM as screens.

What the older guide gets wrong: `credentials` without a `registrar` registers nothing; incoming peers that match the
called number take each other's calls, so these match by who sends; nothing is bound to an interface. A route needs the
number without '+' or 00. CUCM's early offer is best effort, so that CUBE need not make one up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trunkline.pbx.configuration import Commands, Part
from trunkline.pbx.errors import PbxError
from trunkline.pbx.escaping import Raw, ios
from trunkline.pbx.registry import COMMANDS, SCREENS, Made, System
from trunkline.pbx.screens import OFF, ON, screen, tiers
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Endpoint, Options, Trunk, bracketed, family

CUCM, INTERFACE, INSIDE = "CUCM-ADDRESS", "WAN-INTERFACE", "CUBE-INSIDE-ADDRESS"
CODECS = {"PCMA/8000": "g711alaw", "PCMU/8000": "g711ulaw", "G729/8000": "g729r8", "G722/8000": "g722-64"}
TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tcp tls"}
MOST_HOSTS = 10  # of one `voice class uri`
FIRST_INCOMING, FIRST_TARGET = 100, 210


@dataclass(frozen=True, slots=True)
class Source:
    address: str

    @property
    def version(self) -> str:
        return f"ipv{family(self.address) or 4}"

    @property
    def bracketed(self) -> str:
        return bracketed(self.address)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A dial-peer for calls from at most so many addresses as a class can name."""

    peer: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Target:
    peer: int
    preference: int
    rank: Raw
    session_target: str


def make(trunk: Trunk, options: Options) -> Made:
    tls = options.transport == "tls"
    parts: list[Part] = []
    if tls and trunk.ca:
        ca = Raw("\n".join(ios_lines(trunk.ca)))
        text = render("cucm_cube/trustpoint.txt", ios, domain=trunk.domain, ca=ca)
        parts.append(Commands("cube-trustpoint.txt", "CUBE, `configure terminal`", text))
    parts.append(Commands("cube.txt", "CUBE, `configure terminal`", _cube(trunk, options)))
    parts += _cucm(trunk)
    return Made(parts, tuple(_steps(tls, bool(trunk.ca))), SEEN, tuple(_warnings(trunk, options)), PLACEHOLDERS)


def ios_lines(text: str) -> Iterator[str]:
    """PEM, which may hold no other character than base64's and those of its rulers."""
    for line in text.strip().splitlines():
        if not line.replace("-", "").replace(" ", "").replace("+", "").replace("/", "").replace("=", "").isalnum():
            raise PbxError("the trunk's CA is not PEM")
        yield line


def _cube(trunk: Trunk, options: Options) -> str:
    return render(
        "cucm_cube/cube.txt",
        ios,
        domain=trunk.domain,
        key=trunk.key,
        secret=trunk.password,
        numbers=trunk.numbers,
        caller_id=trunk.caller_id,
        sources=tuple(map(Source, trunk.sources)),
        incoming=_incoming(trunk.sources),
        targets=tuple(_targets(trunk, options.transport)),
        codecs=tuple(CODECS[name] for name in trunk.codecs if name in CODECS),
        keepalive=trunk.keepalive_seconds,
        session_transport=Raw(TRANSPORTS[options.transport]),
        registrar_transport=Raw("" if options.transport == "udp" else f" {TRANSPORTS[options.transport]}"),
        register=options.register,
        tls=options.transport == "tls",
        srtp=options.srtp,
        cucm=CUCM,
        interface=INTERFACE,
    )


def _incoming(sources: tuple[str, ...]) -> tuple[Incoming, ...]:
    starts = range(0, len(sources), MOST_HOSTS)
    return tuple(
        Incoming(FIRST_INCOMING + n, tuple(map(Source, sources[start : start + MOST_HOSTS])))
        for n, start in enumerate(starts)
    )


def _targets(trunk: Trunk, transport: str) -> Iterable[Target]:
    """Dial-peers of the same preference share the calls (`dial-peer hunt 0`, the default)."""
    near, far = tiers(trunk)
    peer = FIRST_TARGET
    for endpoint in near:
        yield Target(peer, 1, Raw("one of the closest, which share the calls"), _session_target(endpoint, transport))
        peer += 1
    for preference, endpoint in enumerate(far, 2):
        yield Target(peer, preference, Raw("backup"), _session_target(endpoint, transport))
        peer += 1


def _session_target(endpoint: Endpoint, transport: str) -> str:
    version = family(endpoint.host)
    return f"ipv{version}:{endpoint.at(transport)}" if version else f"dns:{endpoint.at(transport)}"


def _cucm(trunk: Trunk) -> Iterable[Part]:
    yield screen(
        "System > Security > SIP Trunk Security Profile > Add New",
        ("Name", "CUBE"),
        ("Device Security Mode", "Non Secure", "between CUCM and CUBE, within your network"),
        ("Incoming Transport Type", "TCP+UDP"),
        ("Outgoing Transport Type", "TCP"),
        ("Incoming Port", "5060"),
        ("Enable Digest Authentication", OFF, "CUBE answers for it"),
    )
    yield screen(
        "Device > Device Settings > SIP Profile > Standard SIP Profile > Copy",
        ("Name", "CUBE"),
        ("Early Offer support for voice and video calls", "Best Effort (no MTP inserted)"),
        ("SIP Rel1XX Options", "Send PRACK if 1xx Contains SDP", "or callers do not hear early announcements"),
        ("Session Refresh Method", "Update"),
        ("RFC2543 Hold", OFF),
        ("Enable OPTIONS Ping to monitor destination status", ON),
        ("Ping Interval for In-service and Partially In-service Trunks (seconds)", str(trunk.keepalive_seconds)),
        ("Ping Interval for Out-of-service Trunks (seconds)", "120"),
    )
    yield screen(
        "Device > Trunk > Add New > SIP Trunk",
        ("Device Name", "CUBE"),
        ("Media Termination Point Required", OFF),
        ("Significant Digits", "All"),
        ("Redirecting Diversion Header Delivery - Inbound", ON),
        ("Redirecting Diversion Header Delivery - Outbound", ON, "so that forwarded calls show who forwarded them"),
        ("Asserted-Identity", ON),
        ("Caller ID DN", trunk.caller_id, "one of your numbers, without +"),
        ("Caller Name", trunk.caller_name),
        ("Destination Address", INSIDE),
        ("Destination Port", "5060"),
        ("SIP Trunk Security Profile", "CUBE"),
        ("SIP Profile", "CUBE"),
        ("DTMF Signaling Method", "RFC 2833"),
    )
    yield screen(
        "Call Routing > Route/Hunt > Route Pattern > Add New",
        ("Route Pattern", "8.!", "8, then country code and number; end with # or wait"),
        ("Gateway/Route List", "CUBE"),
        ("Discard Digits", "PreDot"),
        note="Add a second one, \\+!, for numbers that are dialled from directories.",
    )
    yield screen(
        "Call Routing > Translation Pattern > Add New",
        *(("Translation Pattern", number, "Called Party Transform Mask: its extension") for number in trunk.numbers),
        note="One for each number, as it arrives: digits without +.",
    )


def _steps(tls: bool, has_ca: bool) -> Iterator[str]:
    if tls and has_ca:
        yield "Paste cube-trustpoint.txt, so that CUBE knows who issued the trunk's certificate."
    elif tls:
        yield "Make a trustpoint TRUNK with the authority that issued the trunk's certificate."
    yield f"Put your own values in the place of {CUCM} and {INTERFACE}, then paste cube.txt into CUBE."
    yield "Fill in the screens of CUCM in their order, and reset the trunk."
    yield "Enter the Forward to SIP text of each number in the dashboard."


SEEN = (
    "`show sip-ua register status`: your number with `reg yes`, if you chose to register.",
    "`show dial-peer voice summary`: the peers from 210 on with `active` under KEEPALIVE. `busyout` means that an "
    "endpoint does not answer OPTIONS.",
    "A call out: `show call active voice brief` has two legs with the same codec and packets both ways.",
    "In CUCM, Device > Trunk: Full Service.",
)

PLACEHOLDERS = (
    (CUCM, "the address of the CUCM node that CUBE talks to"),
    (INTERFACE, "the interface of CUBE that faces the Internet, e.g. GigabitEthernet0/0/1"),
    (INSIDE, "the address of CUBE that CUCM reaches"),
)


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    if lost := [name for name in trunk.codecs if name not in CODECS]:
        yield f"CUBE has no {', '.join(lost)}: left out."
    if options.behind_nat:
        yield (
            "CUBE writes the address of its own interface. The trunk answers to where it hears you from, so this works "
            "behind a NAT that leaves SIP alone: switch its SIP ALG off."
        )


SYSTEM = System(
    name="cucm-cube",
    title="Cisco CUCM and CUBE",
    written_for="CUCM 11.5 to 15, CUBE on IOS-XE 16.6 to 17",
    kinds=(COMMANDS, SCREENS),
    make=make,
)
