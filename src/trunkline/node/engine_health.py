"""Whether the engines work, and have room for more calls."""

from trunkline.contract import edge_config
from trunkline.home import Home
from trunkline.node import media_ports, ports, probes
from trunkline.node.checks import Check, duration
from trunkline.node.engines import relay_name
from trunkline.sip.codecs import CODECS, spoken

MOST = 0.9  # of what there is of something: when it is all taken, calls are refused


def kamailio(home: Home) -> Check:
    try:
        uptime = probes.kamailio_rpc(home.kamailio_rpc, "core.uptime")
        relays = probes.kamailio_rpc(home.kamailio_rpc, "rtpengine.show", "all")
        scarce = _scarce(home)
    except probes.Silent as error:
        return Check("kamailio", False, f"its control socket: {error}")
    # One that starts before its relays finds them a second later; until then calls are refused.
    if not any(relay["active"] for relay in (relays if isinstance(relays, list) else [relays])):
        return Check("kamailio", False, "it has found no rtpengine yet: calls are refused with 503")
    if scarce:
        return Check("kamailio", False, f"{scarce}: raise sip.memory_mb", serves=True)
    return Check("kamailio", True, f"up for {duration(uptime['uptime'])}")


def _scarce(home: Home) -> str:
    """What there is hardly any of, '' for nothing. How many connections there may be follows from the memory."""
    tcp, memory = (probes.kamailio_rpc(home.kamailio_rpc, method) for method in ("core.tcp_info", "core.shmmem"))
    for taken, most, words in (
        (tcp["opened_tls_connections"], tcp["max_tls_connections"], "TLS connections are taken; more are refused"),
        (tcp["opened_connections"], tcp["max_connections"], "TCP and TLS connections are taken; more are refused"),
        (memory["real_used"] >> 20, memory["total"] >> 20, "MB of shared memory are taken; without any, calls fail"),
    ):
        if taken >= MOST * most:
            return f"{taken} of its {most} {words}"
    return ""


def rtpengine(home: Home, index: int) -> Check:
    name = relay_name(index)
    try:
        port = ports.read(home.ports).relays[index]
        probes.rtpengine_ping(port)
        taken, most = media_ports.ask(port)
    except (probes.Silent, OSError, ValueError, TypeError, IndexError) as error:
        return Check(name, False, f"its control port: {error}")
    if taken >= MOST * most:
        text = f"{taken} of its {most} media ports are taken; a call without any is refused: raise media.port_max"
        return Check(name, False, text, serves=True)
    return Check(name, True, f"answers on 127.0.0.1 port {port}; {taken} of {most} media ports are taken")


def codecs(home: Home) -> Check:
    """What the edge was told at the start that the media relay can do."""
    try:
        able = edge_config.read(home.node / "edge.json").transcodes
    except (OSError, ValueError, TypeError, KeyError) as error:
        return Check("codecs", False, f"edge.json: {error}: restart the node", serves=True)
    if not able:
        text = "none is transcoded: see `rtpengine --codecs`; calls work only if both sides share a codec"
        return Check("codecs", False, text, serves=True)
    rest = ", ".join(spoken(name) for name in CODECS if name not in able)
    text = f"transcodes {', '.join(map(spoken, able))}"
    return Check("codecs", True, text + (f"; end to end only: {rest}" if rest else ""))
