"""Writes the engines' configuration into `home.node` from the settings: pure text from templates, then files."""

import contextlib
import ipaddress
import os
import sqlite3
from dataclasses import dataclass
from hashlib import blake2s
from pathlib import Path

import jinja2

from trunkline.contract import edge_config, origin
from trunkline.contract.edge_config import EdgeConfig
from trunkline.home import Home
from trunkline.node import abilities, connections, topoh
from trunkline.node.engines import relay_name
from trunkline.node.ports import Ports
from trunkline.settings import Settings
from trunkline.sip.uri import in_uri

EDGE_ENTRY = Path(__file__).parent.parent / "edge" / "entry.py"
USRLOC_SCHEMA = Path("/usr/share/kamailio/db_sqlite")  # Kamailio's own table definitions, from its package

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("trunkline.node"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # the engines' files are not HTML; every value comes from checked settings
)
_templates.filters["in_uri"] = in_uri


@dataclass(frozen=True, slots=True)
class EngineSecrets:
    """Shared by all nodes of a service: `nonce` makes digests verify anywhere, `mask` keys the topology hiding,
    `dialog` the MAC in Record-Route."""

    nonce: str
    mask: str
    dialog: str


def write(settings: Settings, home: Home, secrets: EngineSecrets, ports: Ports) -> None:
    """Write the engines' files and edge.json, and make Kamailio's location store if missing."""
    context = {"settings": settings, "home": home, "secrets": secrets, "ports": ports}
    held = {"connections": connections.most(settings.sip.memory_mb), "read_buffer": connections.READ_BUFFER}
    held |= {"via_prefix": topoh.via_prefix(secrets.mask), "uri_parameter": topoh.uri_parameter(secrets.mask)}
    held["origin_parameter"] = origin.PARAMETER
    for folder in (home.node, home.stores):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("kamailio.cfg", "tls.cfg", "openssl.cnf"):
        _private(home.node / name, render(name, edge_entry=EDGE_ENTRY, **held, **context))
    password = blake2s(secrets.dialog.encode(), person=b"redis").hexdigest()
    for index in range(settings.media.relays):
        _private(home.node / f"{relay_name(index)}.conf", relay(settings, home, ports, index, password))
    _private(home.node / "topoh.pcre", "\n".join(("[0]", *topoh.crashing(secrets.mask), "")))
    _private(home.node / "redis.conf", render("redis.conf", password=password, **context))
    _private(home.node / "edge.json", "")
    edge_config.write(home.node / "edge.json", _edge_config(settings, home, secrets, ports))
    _prepare_locations(home.locations)


def render(name: str, **context) -> str:
    """The text of one of the engines' files."""
    return _templates.get_template(f"{name}.j2").render(**context)


def relay(settings: Settings, home: Home, ports: Ports, index: int = 0, password: str = "") -> str:
    """The file of one rtpengine, with its slice of the RTP ports. `password`: Redis's."""
    media, here = settings.media, {"settings": settings, "home": home, "ports": ports}
    each = (media.port_max - media.port_min + 1) // media.relays // 2 * 2  # RTP's ports are even
    first = media.port_min + index * each
    last = media.port_max if index == media.relays - 1 else first + each - 1
    slice_ = {"port_min": first, "port_max": last, "control_port": ports.relays[index]}
    return render("rtpengine.conf", index=index, password=password, **slice_, **here)


def _edge_config(settings: Settings, home: Home, secrets: EngineSecrets, ports: Ports) -> EdgeConfig:
    return EdgeConfig(
        node=settings.node.name,
        domain=settings.sip.domain,
        store=str(home.store),
        journal=str(home.journal_file),
        dialog_secret=secrets.dialog,
        mask=secrets.mask,
        sha256=settings.auth.sha256,
        carrier_timeout=settings.calls.carrier_timeout_ms,
        trying_timeout=settings.calls.trying_timeout_ms,
        ring_timeout=settings.calls.ring_timeout_ms,
        requests_per_10s=settings.limits.requests_per_10s,
        refusals_per_minute=settings.limits.refusals_per_minute,
        transcodes=abilities.transcodes(),
        media_controls=tuple(ports.relays),
        media_family=str(ipaddress.ip_address(settings.media_address).version),
        sip_socket=f"udp:{in_uri(settings.sip_address)}:{settings.sip.port}",
        cluster_address=settings.cluster.address,
        cluster_port=settings.cluster.port,
        cluster_peers=tuple(settings.cluster.peers),
        probe_ip=settings.sandbox.pbx_address if settings.sandbox.enabled else "",
        fence=settings.fence,
    )


def _private(path: Path, text: str) -> None:
    """Write a file that holds secrets: never readable by others, not even for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _prepare_locations(path: Path) -> None:
    if not path.exists():
        _private(path, "")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute("PRAGMA journal_mode = WAL")  # kept in the file: whoever reads holds up nobody who writes
        for part, table in (("standard", "version"), ("usrloc", "location")):
            if table not in tables:
                script = (USRLOC_SCHEMA / f"{part}-create.sql").read_text()
                connection.executescript(f"BEGIN; {script} COMMIT;")  # whole, or not at all
