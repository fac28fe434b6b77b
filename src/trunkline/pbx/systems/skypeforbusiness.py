"""Skype for Business Server 2015 and 2019 behind an Oracle E-SBC: the E-SBC as ACLI text, Skype for Business as
PowerShell.

What the older guide gets wrong: its translation rule has another name than the session agent that uses it, and no
session-translation between; `allow-anonymous all` lets anybody call out through the E-SBC, where agents-only with an
agent for each address that the trunk calls from does not; its HMR made each hold `sendrecv`, so that the held party
heard on, and is not needed where UPDATE and holds work; media bypass without REFER needs both RTCP watches off.

Hosts in From and To are replaced by the E-SBC's own rule, ACME_NAT_TO_FROM_IP: the trunk looks at none, and in a rule
that one writes oneself a '-' in a domain subtracts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from trunkline.pbx.configuration import Commands, Part
from trunkline.pbx.escaping import Raw, acli, powershell
from trunkline.pbx.registry import COMMANDS, SCREENS, Made, System
from trunkline.pbx.screens import screen, tiers
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Endpoint, Options, Trunk, family

INSIDE, OUTSIDE = "SBC-INSIDE-ADDRESS", "SBC-OUTSIDE-ADDRESS"
SFB, SFB_ADDRESS = "SFB-MEDIATION-NAME", "SFB-MEDIATION-ADDRESS"
NETWORK = {
    "inside_mask": "INSIDE-NETMASK",
    "inside_gateway": "INSIDE-GATEWAY",
    "outside_mask": "OUTSIDE-NETMASK",
    "outside_gateway": "OUTSIDE-GATEWAY",
    "dns": "DNS-SERVER",
}
INTERFACE = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}
AGENT = {"udp": "UDP", "tcp": "StaticTCP", "tls": "StaticTLS"}


@dataclass(frozen=True, slots=True)
class Target:
    """`address` is '' for a host that is found by its name."""

    host: str
    address: str
    port: int


def make(trunk: Trunk, options: Options) -> Made:
    title = f"{SYSTEM.title} on {trunk.domain}"
    shell = render("skypeforbusiness/sfb.ps1", powershell, title=title, inside=INSIDE, numbers=trunk.numbers)
    parts: list[Part] = [
        Commands("oracle.txt", "the E-SBC's ACLI, as superuser", _oracle(trunk, options)),
        *_topology(),
        Commands("sfb.ps1", "the Skype for Business Server Management Shell", shell),
    ]
    return Made(parts, tuple(_steps(trunk, options)), SEEN, tuple(_warnings(trunk, options)), _placeholders(options))


def _oracle(trunk: Trunk, options: Options) -> str:
    near, far = tiers(trunk)
    return render(
        "skypeforbusiness/oracle.txt",
        acli,
        domain=trunk.domain,
        key=trunk.key,
        secret=trunk.password,
        keepalive=trunk.keepalive_seconds,
        register=options.register,
        tls=options.transport == "tls",
        srtp=options.srtp,
        interface_transport=INTERFACE[options.transport],
        agent_transport=AGENT[options.transport],
        port=SYSTEM.port_for(options),
        target_port=trunk.endpoints[0].ports[options.transport],
        targets=[_target(endpoint, options.transport) for endpoint in trunk.endpoints],
        sources=_sources(trunk),
        near=_names(near),
        far=_names(far),
        inside=INSIDE,
        outside=options.address or OUTSIDE,
        sfb=SFB,
        sfb_address=SFB_ADDRESS,
        **NETWORK,
    )


def _target(endpoint: Endpoint, transport: str) -> Target:
    address = endpoint.host if family(endpoint.host) else ""
    return Target(endpoint.host, address, endpoint.ports[transport])


def _sources(trunk: Trunk) -> list[str]:
    """Those that are no agent yet by their own address."""
    agents = {endpoint.host for endpoint in trunk.endpoints}
    return [source for source in trunk.sources if source not in agents]


def _names(endpoints: tuple[Endpoint, ...]) -> Raw:
    """A list between parentheses; each name must be one word."""
    return Raw(" ".join(acli(endpoint.host) for endpoint in endpoints))


def _topology() -> Iterator[Part]:
    yield screen(
        "Topology Builder > Shared Components > Mediation pools > Edit Properties",
        ("Enable TCP port", "on", "Skype for Business has no UDP"),
        ("TCP Listening ports", "5060"),
    )
    yield screen(
        "Topology Builder > Shared Components > PSTN gateways > New IP/PSTN Gateway",
        ("FQDN or IP address", INSIDE),
        ("Trunk name", INSIDE),
        ("Listening port for IP/PSTN gateway", "5060"),
        ("SIP Transport Protocol", "TCP"),
        ("Associated Mediation Server", SFB),
        ("Associated Mediation Server port", "5060"),
        note="Then Action > Topology > Publish.",
    )


def _steps(trunk: Trunk, options: Options) -> Iterator[str]:
    yield "Put your own values in the place of the words in capitals, in both texts."
    yield "Leave out of oracle.txt what your E-SBC has already, e.g. its interfaces, and paste the rest into the ACLI."
    if options.transport == "tls":
        yield "Import the trunk's CA (import-certificate try-all TRUNK-CA) and a certificate of the E-SBC's own (SBC)."
    yield "Fill in the Topology Builder's screens and publish, then run sfb.ps1."
    yield "Give users the voice policy Trunk (Grant-CsVoicePolicy) and a LineURI with '+' each."
    yield "Enter the Forward to SIP text of each number in the dashboard."


SEEN = (
    "`show sipd agents`: each agent of the trunk with state I (in service). O: it does not answer OPTIONS.",
    "`show registration sipd by-user KEY` has your key, if you chose to register.",
    "A call out appears in the dashboard within a second; its caller is the user's LineURI.",
    "A call to your number shows +country code and number in the client.",
    "A call on hold is silent for the held party, and a call goes on after half an hour.",
)


def _placeholders(options: Options) -> Iterator[tuple[str, str]]:
    yield INSIDE, "the E-SBC's address toward Skype for Business"
    if not options.address:
        yield OUTSIDE, "its address toward the Internet"
    yield SFB, "the name of the Mediation Server or pool, as the topology has it"
    yield SFB_ADDRESS, "its address"
    for word in NETWORK.values():
        yield word, "the one of the E-SBC's network interface"


def _warnings(trunk: Trunk, options: Options) -> Iterator[str]:
    yield (
        "Media bypass is off: with it, RTCPActiveCalls and RTCPCallsOnHold would have to be off too. RTCP reaches the "
        "Mediation Server on this trunk, so its watch over calls can stay on."
    )
    if options.behind_nat:
        yield (
            f"The E-SBC is behind a NAT: it writes {options.address}; the trunk answers to where it hears it from. "
            "Switch the NAT's SIP ALG off."
        )


SYSTEM = System(
    name="skypeforbusiness",
    title="Skype for Business with Oracle E-SBC",
    written_for="Skype for Business Server 2015 and 2019, E-SBC ECZ7.3 to 9",
    kinds=(COMMANDS, SCREENS),
    make=make,
)
