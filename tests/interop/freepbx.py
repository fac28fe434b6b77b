"""The files that FreePBX would write of what its screens are filled in with.

As its own generator does (`core`: functions.inc/drivers/PJSip.class.php; `sipsettings` for the transports): values as
they are, some keys only where a field says yes. Of its dialplan only what a trunk needs, in the same words.
"""

from harness.asterisk import Asterisk
from trunkline.pbx.configuration import Configuration, Screen

DTMF = {"RFC 4733": "rfc4733"}
ENCRYPTION = {"None": "no", "SRTP via in-SDP": "sdes"}
TLS = """method=tlsv1_2
cert_file=/etc/asterisk/keys/asterisk.crt
priv_key_file=/etc/asterisk/keys/asterisk.key
verify_server=no
"""
TO_HEADER = """
[from-pstn-toheader]
exten => _.,1,Set(TO=${PJSIP_HEADER(read,To)})
exten => _.,n,Set(TO=${CUT(TO,@,1)})
exten => _.,n,Goto(from-pstn,${CUT(TO,:,2)},1)

[from-pstn]
"""
TRUNK_TRIED = """exten => {pattern},n,Dial(PJSIP/${{NUMBER}}@{trunk},300)
exten => {pattern},n,ExecIf($["${{DIALSTATUS:0:3}}" != "CHA" & "${{DIALSTATUS:0:3}}" != "CON"]?Hangup(${{HANGUPCAUSE}}))
"""


def write(asterisk: Asterisk, made: Configuration) -> None:
    """Into its /etc/asterisk."""
    screens = [part for part in made.parts if isinstance(part, Screen)]
    asterisk.append("pjsip.conf", _transport(screens[0]))
    trunks: dict[str, dict[str, str]] = {}
    for screen in screens:
        if ": trunk" in screen.path:
            trunks.setdefault(screen.path.split(": ")[1].split(",")[0], {}).update(_values(screen))
    for name, fields in trunks.items():
        for kind, lines in _sections(name, fields).items():
            asterisk.append("pjsip.conf", f"[{name}]\ntype={kind}\n" + "\n".join(f"{k}={v}" for k, v in lines.items()))
    asterisk.append("extensions.conf", _dialplan(screens, trunks))


def _values(screen: Screen) -> dict[str, str]:
    return {field.name: field.value for field in screen.fields}


def _transport(screen: Screen) -> str:
    fields = _values(screen)
    protocol = next(name.split()[0] for name in fields if name.endswith("0.0.0.0 - All"))
    port = next(value for name, value in fields.items() if name.startswith("Port to Listen On"))
    text = f"[0.0.0.0-{protocol}]\ntype=transport\nprotocol={protocol}\nbind=0.0.0.0:{port}\n"
    return text + (TLS if protocol == "tls" else "")


def _sections(name: str, fields: dict[str, str]) -> dict[str, dict[str, str]]:
    user, server = fields["Username"], f"{fields['SIP Server']}:{fields['SIP Server Port']}"
    found = {
        "auth": {"auth_type": "userpass", "password": fields["Secret"], "username": user},
        "aor": {
            "qualify_frequency": fields["Qualify Frequency"],
            "contact": fields.get("AOR Contact") or f"sip:{user}@{server}",
        },
        "endpoint": _endpoint(name, fields),
        "identify": {"endpoint": name, "match": fields["Match (Permit)"]},
    }
    if fields["Registration"] == "Send":
        found["registration"] = {
            "transport": fields["Transport"], "outbound_auth": name, "retry_interval": fields["General Retry Interval"],
            "max_retries": fields["Max Retries"], "expiration": fields["Expiration"], "line": "yes", "endpoint": name,
            "auth_rejection_permanent": fields["Permanent Auth Rejection"].lower(),
            "contact_user": fields["Contact User"],
            "server_uri": fields.get("Server URI") or f"sip:{server}",
            "client_uri": fields.get("Client URI") or f"sip:{user}@{server}",
        }  # fmt: skip
    return found


def _endpoint(name: str, fields: dict[str, str]) -> dict[str, str]:
    found = {
        "transport": fields["Transport"], "context": fields["Context"], "disallow": "all",
        "allow": fields["Codecs, in this order"].replace(" ", ""), "aors": name, "outbound_auth": name,
        "from_domain": fields["From Domain"], "from_user": fields["From User"],
        "t38_udptl": fields["Support T.38 UDPTL"].lower(), "trust_id_inbound": fields["Trust RPID/PAI"].lower(),
        "send_connected_line": "no", "language": "en", "dtmf_mode": DTMF[fields["DTMF Mode"]],
    }  # fmt: skip
    if fields["Direct Media"] == "No":
        found["direct_media"] = "no"
    for field, key in (("Rewrite Contact", "rewrite_contact"), ("RTP Symmetric", "rtp_symmetric")):
        if fields[field] == "Yes":
            found[key] = "yes"
    if (encryption := ENCRYPTION[fields["Media Encryption"]]) != "no":
        found["media_encryption"] = encryption
    return found


def _dialplan(screens: list[Screen], trunks: dict[str, dict[str, str]]) -> str:
    text = TO_HEADER
    for fields in (_values(screen) for screen in screens if "Inbound Route:" in screen.path):
        extension = fields["Set Destination"].removeprefix("Extensions: ")
        text += f"exten => {fields['DID Number']},1,Dial(PJSIP/{extension},60)\n"
    text += "\n[phones]\n"
    outbound = next(_values(screen) for screen in screens if "Outbound Route" in screen.path)
    rules = trunks["trunk1"]
    cut = [rules[f"prefix of rule {n}"] for n in (1, 2)]
    for pattern in (f"_{outbound[f'match pattern {n}']}" for n in (1, 2, 3)):
        strip = next((len(prefix) for prefix in cut if pattern.startswith(f"_{prefix}")), 0)
        text += f"exten => {pattern},1,Set(NUMBER=${{EXTEN:{strip}}})\n"
        text += f"exten => {pattern},n,Set(CALLERID(all)={rules['Outbound CallerID']})\n"
        for trunk in outbound["Trunk Sequence for Matched Routes"].split(", "):
            text += TRUNK_TRIED.format(pattern=pattern, trunk=trunk)
        text += f"exten => {pattern},n,Hangup(34)\n"
    return text
