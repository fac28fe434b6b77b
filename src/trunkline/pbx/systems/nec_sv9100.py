"""NEC SV9100, as the programs of PCPro or WebPro.

What the older guide gets wrong: E.164 mode 1 writes the site's country code before every number, international ones
too, so that calls abroad fail (404): here it is off, and country code and number are dialled; the realm's name had to
be pinned to one address, since the second address of a name did not know the first one's challenge: here it does.
Its table of DIDs compares the last digits of what was called, at most eight.
"""

import ipaddress

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk, family

CODECS = {"PCMA/8000": "G.711 A-law", "PCMU/8000": "G.711 u-law", "G729/8000": "G.729", "G722/8000": "G.722"}
FEWEST, MOST = 4, 8  # digits of a number that is called, in 22-09 and 22-11


def make(trunk: Trunk, options: Options) -> Made:
    domain, host = _split(trunk.domain)
    places = {"domain": domain, "host": host, "proxy": _proxy(trunk), "port": SYSTEM.port_for(options)}
    digits = _digits(trunk.numbers)
    apart, codecs = _told_apart(trunk.numbers, digits), trunk.codecs_as(CODECS)
    return screens.read("nec_sv9100", trunk, options, codecs=codecs, digits=digits, apart=apart, **places)


def _digits(numbers: tuple[str, ...]) -> int:
    """How many of the last digits tell the numbers apart, as far as the table of DIDs has place for them."""
    return next((digits for digits in range(FEWEST, MOST) if _told_apart(numbers, digits)), MOST)


def _told_apart(numbers: tuple[str, ...], digits: int) -> bool:
    return len({number[-digits:] for number in numbers}) == len(numbers)


def _split(domain: str) -> tuple[str, str]:
    """The program has a field for the first label and one for the rest."""
    host, _, rest = domain.partition(".")
    return (rest, host) if rest else (domain, "")


def _proxy(trunk: Trunk) -> str:
    """The name of all endpoints, or the closest one's address: the SV9100 has one proxy."""
    first = trunk.endpoints[0]
    if first.srv:
        return first.host
    addresses = [first.host, *first.addresses]
    address = next((a for a in addresses if family(a)), "")
    return str(ipaddress.ip_address(address)) if address else first.host


SYSTEM = System(
    name="nec-sv9100",
    title="NEC SV9100",
    written_for="R6 to R13",
    kinds=(SCREENS,),
    make=make,
    transports=("udp",),
    srtp=False,
    srv=("udp",),
    srv_first=True,
)
