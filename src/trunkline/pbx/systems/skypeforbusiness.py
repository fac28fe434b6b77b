"""Skype for Business Server 2015 and 2019 behind an Oracle E-SBC: the E-SBC as ACLI text, Skype for Business as
PowerShell.

What the older guide gets wrong: its translation rule has another name than the session agent that uses it, and no
session-translation between; `allow-anonymous all` lets anybody call out through the E-SBC, where agents-only with an
agent for each address that the trunk calls from does not; its HMR made each hold `sendrecv`, so that the held party
heard on, and is not needed where UPDATE and holds work; media bypass without REFER needs both RTCP watches off.

Hosts in From and To are replaced by the E-SBC's own rule, ACME_NAT_TO_FROM_IP: the trunk looks at none, and in a rule
that one writes oneself a '-' in a domain subtracts.
"""

import dataclasses
from dataclasses import dataclass

from trunkline.pbx import screens
from trunkline.pbx.configuration import Commands
from trunkline.pbx.escaping import Raw, acli, powershell
from trunkline.pbx.screens import tiers
from trunkline.pbx.system import COMMANDS, SCREENS, Made, System
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
    """`address` is '' for a host that is found by its name; `port` 0 for one that SRV records lead to."""

    host: str
    address: str
    port: int


def make(trunk: Trunk, options: Options) -> Made:
    title = f"{SYSTEM.title} on {trunk.domain}"
    shell = render("skypeforbusiness/sfb.ps1", powershell, title=title, inside=INSIDE, numbers=trunk.numbers)
    words = {"inside": INSIDE, "outside": OUTSIDE, "sfb": SFB, "sfb_address": SFB_ADDRESS, "network": NETWORK.values()}
    made = screens.read("skypeforbusiness", trunk, options, **words)
    return dataclasses.replace(
        made,
        parts=(
            Commands("oracle.txt", "the E-SBC's ACLI, as superuser", _oracle(trunk, options)),
            *made.parts,
            Commands("sfb.ps1", "the Skype for Business Server Management Shell", shell),
        ),
    )


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
        ipv6=family(options.address) == 6,
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
    return Target(endpoint.host, address, 0 if endpoint.srv else endpoint.ports[transport])


def _sources(trunk: Trunk) -> list[str]:
    """Those that are no agent yet by their own address."""
    agents = {endpoint.host for endpoint in trunk.endpoints}
    return [source for source in trunk.sources if source not in agents]


def _names(endpoints: tuple[Endpoint, ...]) -> Raw:
    """A list between parentheses; each name must be one word."""
    return Raw(" ".join(acli(endpoint.host) for endpoint in endpoints))


SYSTEM = System(
    name="skypeforbusiness",
    title="Skype for Business with Oracle E-SBC",
    written_for="Skype for Business Server 2015 and 2019, E-SBC ECZ7.3 to 9",
    kinds=(COMMANDS, SCREENS),
    make=make,
    number_in_to=False,
    srv=("udp", "tcp", "tls"),
)
