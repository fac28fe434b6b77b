"""Asterisk 18 to 23, with PJSIP.

What guides for such trunks get wrong: `allow` without `disallow = all` keeps what was allowed; `insecure = very` is
no value; Asterisk dials the first contact of an AOR alone, so each endpoint needs one of its own and the dialplan goes
through them; a registration refused once is given up for good unless `auth_rejection_permanent = no`;
`rewrite_contact = yes` is for phones behind NAT: of a trunk it also rewrites the Record-Route, by the port that a TCP
or TLS connection happened to come from, and then no BYE of Asterisk's arrives. By SRV records it calls, but registers
at the two closest endpoints by their own names: with the first of two targets dead, one registration in ten never came.
That name is sent no OPTIONS: one that its first target leaves unanswered would keep it from calls for half a minute.
"""

import ipaddress

from trunkline.pbx import escaping
from trunkline.pbx.configuration import File
from trunkline.pbx.system import FILES, Made, System
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Options, Trunk, family

CODECS = {"PCMA/8000": "alaw", "PCMU/8000": "ulaw", "G722/8000": "g722", "G729/8000": "g729",
          "speex/16000": "speex16", "iLBC/8000": "ilbc"}  # fmt: skip
EXPIRES = 600  # s; also what keeps a NAT's TCP binding known, together with the OPTIONS
# ITU-T Q.850 causes that Asterisk makes of silence, of a failed connection and of 5xx, but of no 4xx that is an answer.
FAILED_CAUSES = "0|3|18|20|27|34|38|41|42|44|102"
SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"
OWN_CA = "etc/asterisk/keys/trunk-ca.crt"
PRIVATE_NETWORKS = {4: ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), 6: ("fc00::/7",)}


def make(trunk: Trunk, options: Options) -> Made:
    values = {"trunk": trunk, "options": options} | _values(trunk, options)
    files = [
        _file("pjsip_trunk_transport.conf", "How Asterisk listens", escaping.asterisk, values),
        _file("pjsip_trunk.conf", "The trunk's endpoints, its key and its addresses", escaping.asterisk, values),
        _file("extensions_trunk.conf", "Calls from and to the trunk", escaping.dialplan, values),
    ]
    if options.transport == "tls" and trunk.ca:
        about = "The authority that issued the trunk's certificate"
        files.append(File(OWN_CA, trunk.ca, about, owner="asterisk", private=False))
    return Made(files, _steps(trunk, options), _seen(trunk, options))


def local_networks(options: Options) -> tuple[str, ...]:
    """What is on this side of a NAT."""
    if not family(options.address):
        return PRIVATE_NETWORKS[4]
    networks = PRIVATE_NETWORKS[family(options.address)]
    here = ipaddress.ip_address(options.address)
    inside = any(here in ipaddress.ip_network(network) for network in networks)
    return networks if inside else (*networks, options.address)


def _values(trunk: Trunk, options: Options) -> dict[str, object]:
    places = [str(place) for place in range(1, len(trunk.endpoints) + 1)]
    any_address = "[::]" if family(options.address) == 6 else "0.0.0.0"
    port = SYSTEM.port_for(options)
    return {
        "bind": f"{any_address}:{port}",
        "codecs": ",".join(trunk.codecs_as(CODECS)),
        "uri_transport": "" if options.transport == "udp" else f";transport={options.transport}",
        "ca_file": f"/{OWN_CA}" if trunk.ca else SYSTEM_CAS,
        "local_networks": local_networks(options),
        "expires": EXPIRES,
        "order": "-".join(places),
        "other_order": "-".join([*places[1::-1], *places[2:]]),
        "caller_name": escaping.Raw(escaping.assigned(trunk.caller_name)),
        "failed_causes": escaping.Raw(FAILED_CAUSES),
    }


def _file(name: str, about: str, escape: escaping.Escape, values: dict[str, object]) -> File:
    text = render(f"asterisk/{name}", escape, **values)
    return File(f"etc/asterisk/{name}", text, about, owner="asterisk", private=name == "pjsip_trunk.conf")


def _steps(trunk: Trunk, options: Options) -> list[str]:
    steps = ["Unpack the archive over the machine's files: tar -xzf trunk-asterisk.tar.gz -C /"]
    if options.transport == "tls":
        steps.append("Put a certificate and its key of this machine at the places that the transport names.")
    return [
        *steps,
        "Add the lines #include pjsip_trunk_transport.conf and #include pjsip_trunk.conf to the end of "
        "/etc/asterisk/pjsip.conf, and #include extensions_trunk.conf to the end of /etc/asterisk/extensions.conf.",
        "Have your phones' context include the other direction: include => to-trunk",
        "In extensions_trunk.conf, name the phone that rings for each number.",
        "Restart Asterisk: a transport is not reloaded (systemctl restart asterisk).",
        "Set Forward to SIP of each number as below.",
    ]


def _seen(trunk: Trunk, options: Options) -> list[str]:
    state = "NonQual, as it is sent no OPTIONS" if options.srv else "each Avail"
    seen = [f"asterisk -rx 'pjsip show contacts' lists {len(trunk.endpoints)} of trunk…, {state}."]
    if options.register:
        seen.append("asterisk -rx 'pjsip show registrations' says Registered.")
    return [*seen, f"A call to +{trunk.numbers[0]} rings {options.extension}; one from there shows under Calls."]


SYSTEM = System(
    name="asterisk",
    title="Asterisk",
    written_for="18 to 23, with PJSIP",
    kinds=(FILES,),
    make=make,
    srv=("tcp",),
)
