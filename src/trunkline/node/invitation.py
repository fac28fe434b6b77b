"""One file that makes another machine a node of this service: the settings and secrets that all nodes share.

It is as good as `secrets.json`: whoever has it can read the database and speak as a node. Delete it when it is used.
"""

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from trunkline.home import Home
from trunkline.node import secrets
from trunkline.settings import Settings, stored, words

SHARED = ("sip", "auth", "media", "calls", "limits", "database", "dns", "web", "api", "audit", "mail")
# What is each machine's own, or is for one of them alone.
OWN = {
    "sip": ("address", "advertised", "workers", "memory_mb"),
    "media": ("address", "advertised", "control_port"),
    "dns": ("watch", "servers", "port"),
    "web": ("enabled", "address", "tls", "proxies", "workers"),
}
AUTHORITY = ("ca.crt", "ca.key")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


class InvitationError(Exception):
    """Nobody can be invited, or the invitation cannot be taken; the text says why and what to do."""


def write(
    path: Path,
    settings: Settings,
    home: Home,
    name: str,
    region: str = "",
    address: str = "",
    cluster_address: str = "",
) -> None:
    """Write the invitation of a node, readable by its owner alone. Raises InvitationError, SecretsError."""
    if not _NAME.fullmatch(name):
        raise InvitationError(f"{name!r} cannot be a node's name: write 1 to 63 of a-z, 0-9 and '-'")
    if name == settings.node.name:
        raise InvitationError(f"this node is {name!r} itself: each needs a name of its own")
    if not settings.database.url or settings.database.url.startswith("sqlite:"):
        raise InvitationError(
            "the database is a file on this machine, which others cannot reach: several nodes need a PostgreSQL, "
            "named by database.url"
        )
    sections = {section: _shared(settings, section) for section in SHARED}
    sections["node"] = {"name": name, "region": region or settings.node.region}
    sections["sip"] |= {"address": address} if address else {}
    for what, given, its in (
        ("an address", address, (settings.sip_address, settings.sip_advertised)),
        ("a cluster address", cluster_address, (settings.cluster.address,)),
    ):
        if given and given in its:
            raise InvitationError(f"{given} is this node's own: the other one needs {what} of its own")
    if cluster_address and not settings.cluster.address:
        raise InvitationError("this node does not hear others: set cluster.address here first, and restart it")
    if settings.cluster.address:
        if not cluster_address:
            raise InvitationError(
                "this node hears others at cluster.address: give the other one's such address by --cluster-address"
            )
        peers = [settings.cluster.address]
        sections["cluster"] = {"address": cluster_address, "port": settings.cluster.port, "peers": peers}
    sections["sandbox"] = {"enabled": False}  # its account is the first node's
    if faults := _faults(sections):
        raise InvitationError(f"the invitation would have settings that no node can use: {faults}")
    authority = {n: (home.tls / n).read_text() for n in AUTHORITY if (home.tls / n).exists()}
    text = "# Makes a machine a node of this service: trunkline node join FILE. It holds secrets: then delete it.\n"
    text += _toml({"settings": sections, "secrets": asdict(secrets.ensure(home.secrets)), "authority": authority})
    try:
        _private(path, text)
    except FileExistsError as error:
        raise InvitationError(f"{path} exists already, and may be open to others: name another file") from error


def take(path: Path, home: Home) -> str:
    """Make the home what an invitation says; the node's name. Raises InvitationError; then nothing is written."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        sections = {name: values for name, values in found["settings"].items() if values}
        kept = secrets.Secrets(**found["secrets"])
        authority = {name: str(found.get("authority", {})[name]) for name in found.get("authority", {})}
    except OSError as error:
        raise InvitationError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvitationError(f"{path} is not an invitation of this version of Trunkline: {error}") from error
    if faults := _faults(sections):
        raise InvitationError(f"{path} is not an invitation of this version of Trunkline: {faults}")
    if set(authority) - set(AUTHORITY):
        raise InvitationError(f"{path} is not an invitation: it has {', '.join(authority)}")
    for there in (home.settings, home.secrets, *(home.tls / name for name in authority)):
        if there.exists():
            raise InvitationError(
                f"{there} exists already: this machine is, or was, a node. Move it away, or choose another "
                "TRUNKLINE_HOME"
            )
    texts = {home.tls / name: text for name, text in authority.items()}
    texts |= {home.secrets: json.dumps(asdict(kept), indent=2)}
    texts |= {home.settings: "# Made by `trunkline node join`\n" + _toml(sections)}
    try:
        home.tls.mkdir(mode=0o750, parents=True, exist_ok=True)
        home.root.chmod(0o711)
        for there, text in texts.items():
            _private(there, text)
        for there in {home.tls / "ca.crt"} & texts.keys():
            there.chmod(0o644)
    except OSError as error:
        for there in texts:  # none of them was there before
            there.unlink(missing_ok=True)
        raise InvitationError(
            f"{home.root} cannot be written: {error.strerror}. Nothing of the node is there"
        ) from error
    return sections["node"]["name"]


def database_is_local(settings: Settings) -> bool:
    """Whether the URL of the database means another place on every machine: a socket, or the loopback."""
    parts = urlsplit(settings.database.url)
    query = dict(parse_qsl(parts.query))
    if "service" in query:  # a file of the machine's own says where that is
        return False
    host = query.get("host") or parts.hostname or ""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _faults(sections: Mapping[str, object]) -> str:
    """What is wrong with settings, whatever this machine's environment says; '' when they are a node's."""
    try:
        stored(json.dumps({"home": "/", **sections}))
    except ValidationError as error:
        return "; ".join(words.explain(fault) for fault in error.errors())
    return ""


def _shared(settings: Settings, section: str) -> dict[str, object]:
    """The values of a section that are not as they would be anyway."""
    values, own = getattr(settings, section), OWN.get(section, ())
    plain = type(values)()
    names = [name for name in type(values).model_fields if name not in own]
    found = {name: getattr(values, name) for name in names if getattr(values, name) != getattr(plain, name)}
    if section == "sip":
        found["domain"] = settings.sip.domain  # the realm of all digests, also when it is the usual one
    return found


def _toml(table: dict, path: str = "") -> str:
    """Tables of numbers, truths, texts, lists of texts, and tables; JSON's spelling of those is TOML's too."""
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    text = f"\n[{path}]\n" if path and plain else ""
    text += "".join(f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in plain.items())
    for name, value in table.items():
        if isinstance(value, dict):
            text += _toml(value, f"{path}.{json.dumps(name)}" if path else json.dumps(name))
    return text


def _private(path: Path, text: str) -> None:
    """Make the file. Raises FileExistsError: one that somebody else has made, or opened, is not our own."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
