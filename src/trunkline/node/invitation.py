"""One file that makes another machine a node of this service: the settings and secrets that all nodes share.

It is as good as `secrets.json`: whoever has it can read the database and speak as a node. Delete it when it is used.
"""

import json
import os
import re
import tomllib
from dataclasses import asdict
from pathlib import Path

from trunkline.home import Home
from trunkline.node import secrets
from trunkline.settings import Settings

SHARED = ("sip", "auth", "calls", "limits", "database", "dns")
# What is each machine's own, or is for one of them alone.
OWN = {"sip": ("address", "advertised", "workers", "memory_mb"), "dns": ("watch", "servers", "port")}
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
    if settings.cluster.address:
        if not cluster_address:
            raise InvitationError(
                "this node hears others at cluster.address: say with --cluster-address where the other one is to"
            )
        peers = [settings.cluster.address]
        sections["cluster"] = {"address": cluster_address, "port": settings.cluster.port, "peers": peers}
    sections["sandbox"] = {"enabled": False}  # its account is the first node's
    authority = {n: (home.tls / n).read_text() for n in AUTHORITY if (home.tls / n).exists()}
    text = "# Makes a machine a node of this service: trunkline node join FILE. It holds secrets: delete it then.\n"
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
        Settings(home=home.root, **sections)
    except OSError as error:
        raise InvitationError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvitationError(f"{path} is no invitation of this version of Trunkline: {error}") from error
    if set(authority) - set(AUTHORITY):
        raise InvitationError(f"{path} is no invitation: it has {', '.join(authority)}")
    for there in (home.settings, home.secrets, *(home.tls / name for name in authority)):
        if there.exists():
            raise InvitationError(
                f"{there} is here already: this machine is, or was, a node. Move it away, or choose another "
                "TRUNKLINE_HOME"
            )
    home.tls.mkdir(mode=0o750, parents=True, exist_ok=True)
    home.root.chmod(0o711)
    for name, text in authority.items():
        _private(home.tls / name, text)
        if name == "ca.crt":
            (home.tls / name).chmod(0o644)
    _private(home.secrets, json.dumps(asdict(kept), indent=2))
    _private(home.settings, "# Made by `trunkline node join`\n" + _toml(sections))
    return sections["node"]["name"]


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
