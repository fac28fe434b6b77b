"""FreeSWITCH 1.10.

What the older guide gets wrong: the number is sent with its 00, which is no E.164; the addresses of the trunk are let
in on the profile of the phones, while the gateway's own profile lets everybody in; and of several endpoints it knows
one. Here the trunk has a profile of its own, with an ACL and a context of its own: nothing of the customer's is
changed. `|` between dial strings would ring a busy callee again, so each endpoint has its own bridge and
`continue_on_fail` says after what.
"""

import ipaddress
from itertools import batched

from trunkline.pbx import escaping
from trunkline.pbx.configuration import File
from trunkline.pbx.system import FILES, Made, System
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Options, Trunk, family

CODECS = {"PCMA/8000": "PCMA", "PCMU/8000": "PCMU", "G722/8000": "G722", "G729/8000": "G729",
          "speex/16000": "SPEEX@16000h", "iLBC/8000": "iLBC"}  # fmt: skip
NETWORKS_IN_AN_ACL = 32  # that FreeSWITCH reads of a list written in its place (switch_core.c)
# What it makes of silence, of a failed connection and of 5xx.
FAILED_CAUSES = (
    "NORMAL_TEMPORARY_FAILURE,NETWORK_OUT_OF_ORDER,RECOVERY_ON_TIMER_EXPIRE,GATEWAY_DOWN,SWITCH_CONGESTION,"
    "DESTINATION_OUT_OF_ORDER"
)
SUITE = "AES_CM_128_HMAC_SHA1_80"
TLS_FOLDER = "etc/freeswitch/tls/trunk"


def make(trunk: Trunk, options: Options) -> Made:
    values = {"trunk": trunk, "options": options} | _values(trunk, options)
    files = [
        _file("sip_profiles/trunk.xml", "profile.xml", "The trunk's endpoints, its key and its addresses", values),
        _file("dialplan/trunk.xml", "inbound.xml", "Calls from the trunk", values),
        _file("dialplan/default/90_trunk.xml", "outbound.xml", "Calls to the trunk", values),
    ]
    if options.transport == "tls" and trunk.ca:
        about = "The authority that issued the trunk's certificate"
        files.append(File(f"{TLS_FOLDER}/cafile.pem", trunk.ca, about, owner="freeswitch", private=False))
    return Made(files, _steps(trunk, options), _seen(trunk, options), _warnings(trunk))


def _values(trunk: Trunk, options: Options) -> dict[str, object]:
    networks = list(dict.fromkeys(map(_network, trunk.sources)))
    known = map(_network, trunk.addresses)
    several = len(trunk.endpoints) > 1
    first = ["${trunk_first}", "${trunk_second}"] if several else ["trunk1"]
    rest = [f"trunk{place}" for place in range(3, len(trunk.endpoints) + 1)]
    six = family(options.address) == 6
    return {
        "acls": [",".join(some) for some in batched(networks, NETWORKS_IN_AN_ACL, strict=False)],
        "challengers": ",".join(dict.fromkeys([*known, *networks][:NETWORKS_IN_AN_ACL])),
        "local_ip": escaping.Raw("$${local_ip_v6}" if six else "$${local_ip_v4}"),
        "port": SYSTEM.port_for(options),
        "tls_folder": f"/{TLS_FOLDER}",
        "codecs": ",".join(trunk.codecs_as(CODECS)),
        "gateways": [escaping.Raw(name) for name in (*first, *rest)],
        "failed_causes": FAILED_CAUSES,
        "secured": f"{{rtp_secure_media=mandatory:{SUITE}}}" if options.srtp else "",
    }


def _network(text: str) -> str:
    """With its length, without which FreeSWITCH takes it for the name of a list."""
    return str(ipaddress.ip_network(text))


def _file(path: str, template: str, about: str, values: dict[str, object]) -> File:
    text = render(f"freeswitch/{template}", escaping.xml, **values)
    return File(f"etc/freeswitch/{path}", text, about, owner="freeswitch", private=path.startswith("sip_profiles"))


def _steps(trunk: Trunk, options: Options) -> list[str]:
    steps = [
        "Unpack the archive over the machine's files: tar -xzf trunk-freeswitch.tar.gz -C / (where FreeSWITCH has its "
        "configuration elsewhere, like /usr/local/freeswitch/conf, put what is in etc/freeswitch there).",
    ]
    if options.transport == "tls":
        steps.append(f"Put a certificate of this machine and its key, in one file, at /{TLS_FOLDER}/agent.pem.")
    if options.transport == "tls" and not trunk.ca:
        steps.append(f"cp /etc/ssl/certs/ca-certificates.crt /{TLS_FOLDER}/cafile.pem")
    return [
        *steps,
        "In dialplan/trunk.xml, name the phone that rings for each number.",
        "fs_cli -x reloadxml, then fs_cli -x 'sofia profile trunk start' (later, 'sofia profile trunk rescan').",
        "Set Forward to SIP of each number as below; it names the port of this profile.",
    ]


def _seen(trunk: Trunk, options: Options) -> list[str]:
    state = "REGED" if options.register else "NOREG"
    return [
        f"fs_cli -x 'sofia status' lists the profile trunk, RUNNING, and its gateways, the first {state}.",
        "fs_cli -x 'sofia status gateway trunk1' says Status UP, which is the answer to its OPTIONS.",
        f"A call to +{trunk.numbers[0]} rings {options.extension}; one from there shows under Calls.",
    ]


def _warnings(trunk: Trunk) -> list[str]:
    if "G729/8000" in trunk.codecs:
        return ["FreeSWITCH passes G.729 on between two sides that have it; to translate it needs a licence."]
    return []


SYSTEM = System(
    name="freeswitch",
    title="FreeSWITCH",
    written_for="1.10",
    kinds=(FILES,),
    make=make,
    port=5070,
    tls_port=5071,
    srv=("udp", "tcp", "tls"),
)
