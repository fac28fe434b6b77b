"""Cisco Unified Communications Manager behind CUBE (IOS-XE 16 and 17): CUBE as commands, CUCM as screens.

What the older guide gets wrong: `credentials` without a `registrar` registers nothing; incoming peers that match the
called number take each other's calls, so these match by who sends; nothing is bound to an interface. CUCM's early offer
is best effort, so that CUBE need not make one up.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trunkline.pbx import screens
from trunkline.pbx.configuration import Commands
from trunkline.pbx.errors import PbxError
from trunkline.pbx.escaping import Raw, ios
from trunkline.pbx.screens import tiers
from trunkline.pbx.system import COMMANDS, SCREENS, Made, System
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Endpoint, Options, Trunk, bracketed, family

CUCM, INTERFACE = "CUCM-ADDRESS", "WAN-INTERFACE"
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
    parts: list[Commands] = []
    if options.transport == "tls":
        ca, subject = Raw("\n".join(ios_lines(trunk.ca))), options.public_address or options.address or "CUBE"
        text = render("cucm_cube/trustpoint.txt", ios, domain=trunk.domain, ca=ca, subject=subject)
        parts.append(Commands("cube-trustpoint.txt", "CUBE, `configure terminal`", text))
    parts.append(Commands("cube.txt", "CUBE, `configure terminal`", _cube(trunk, options)))
    lost = [name for name in trunk.codecs if name not in CODECS]
    made = screens.read("cucm_cube", trunk, options, lost=lost, cucm=CUCM, interface=INTERFACE)
    return dataclasses.replace(made, parts=(*parts, *made.parts))


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
        codecs=trunk.codecs_as(CODECS),
        keepalive=trunk.keepalive_seconds,
        session_transport=Raw(TRANSPORTS[options.transport]),
        registrar_transport=Raw("" if options.transport == "udp" else f" {TRANSPORTS[options.transport]}"),
        register=options.register,
        ipv6=family(options.address) == 6,
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
        rank = "by its SRV records" if endpoint.srv else "one of the closest, which share the calls"
        yield Target(peer, 1, Raw(rank), _session_target(endpoint, transport))
        peer += 1
    for preference, endpoint in enumerate(far, 2):
        yield Target(peer, preference, Raw("backup"), _session_target(endpoint, transport))
        peer += 1


def _session_target(endpoint: Endpoint, transport: str) -> str:
    version = family(endpoint.host)
    return f"ipv{version}:{endpoint.at(transport)}" if version else f"dns:{endpoint.at(transport)}"


SYSTEM = System(
    name="cucm-cube",
    title="Cisco CUCM and CUBE",
    written_for="CUCM 11.5 to 15, CUBE on IOS-XE 16.6 to 17",
    kinds=(COMMANDS, SCREENS),
    make=make,
    number_in_to=False,
    srv=("udp", "tcp"),
)
