"""Any other PBX or session border controller: what such a thing asks for, whatever it calls it."""

from collections.abc import Iterator

from trunkline.pbx.configuration import Screen
from trunkline.pbx.registry import GENERIC, SCREENS, Made, System
from trunkline.pbx.screens import screen, tiers
from trunkline.pbx.trunk import Options, Trunk
from trunkline.sip.codecs import spoken

SAVPS = "AES_CM_128_HMAC_SHA1_80, keys in SDP (SDES)"


def make(trunk: Trunk, options: Options) -> Made:
    parts = (_account(trunk, options), _endpoints(trunk, options), _calls(trunk, options), _media(trunk, options))
    return Made((*parts, _firewall(trunk)), STEPS, SEEN)


def _account(trunk: Trunk, options: Options) -> Screen:
    return screen(
        "The trunk's account",
        ("User name, authentication name", trunk.key),
        ("Password", trunk.password),
        ("Domain, realm", trunk.domain, "also the host in From"),
        ("Register", "yes" if options.register else "no", "needed only for a PBX without a fixed address"),
        ("Expires", "600", "seconds"),
    )


def _endpoints(trunk: Trunk, options: Options) -> Screen:
    closest, backup = tiers(trunk)
    shared = "takes turns with the other one of the two" if len(closest) > 1 else ""
    return screen(
        "Servers, proxies",
        ("Transport", options.transport),
        *(("Server", endpoint.at(options.transport), shared) for endpoint in closest),
        *(("Backup", endpoint.at(options.transport), "in this order") for endpoint in backup),
        ("Health check", f"OPTIONS every {trunk.keepalive_seconds} s", "200 means that it works; no password needed"),
        note="After silence, a failed connection or a 5xx the next one is tried; never after a 4xx or 6xx.",
    )


def _calls(trunk: Trunk, options: Options) -> Screen:
    return screen(
        "Calls",
        ("Called number", "country code and number, with + or without"),
        ("Caller ID, in From", trunk.caller_id),
        ("Numbers of yours", ", ".join(trunk.numbers), "as they arrive in the Request-URI: digits, without +"),
        ("Calls come from", ", ".join(trunk.sources), "let these in without a password, and nobody else"),
        ("Session timer", f"{trunk.session_seconds} s, at least {trunk.session_min_seconds} s"),
        ("REFER, T.38", "off", "transfers are made by the PBX itself, fax goes as G.711"),
    )


def _media(trunk: Trunk, options: Options) -> Screen:
    return screen(
        "Audio",
        ("Codecs", ", ".join(spoken(codec) for codec in trunk.codecs)),
        ("Digits", "RFC 4733 (RFC 2833), telephone-event"),
        ("Encryption", SAVPS if options.srtp else "none"),
    )


def _firewall(trunk: Trunk) -> Screen:
    return screen("Firewall, both ways", *_ranges(trunk))


def _ranges(trunk: Trunk) -> Iterator[tuple[str, ...]]:
    for source in trunk.sources:
        yield ("SIP", source)
    for media in trunk.media:
        ports = "all ports" if (media.port_min, media.port_max) == (1, 65535) else f"{media.port_min}-{media.port_max}"
        yield ("Audio, UDP", f"{media.network}, {ports}")


STEPS = (
    "Make a SIP trunk with the values below; the names of fields differ from product to product.",
    "Where the product knows one server alone, and cannot use SRV records, take the first.",
    "Set Forward to SIP of each number as below, with the port that your PBX listens on.",
)
SEEN = ("The PBX says that the trunk is registered or reachable.", "A call each way shows under Calls, answered.")

SYSTEM = System(
    name=GENERIC,
    title="Another PBX",
    written_for="any with SIP trunks",
    kinds=(SCREENS,),
    make=make,
)
