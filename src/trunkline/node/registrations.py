"""Which PBXs are registered, as Kamailio keeps it in its own file of contacts."""

import re
import sqlite3
import time
from collections.abc import Mapping, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract import store
from trunkline.contract.registrations import Registered
from trunkline.sip.uri import in_uri

_EPOCH, _DAY = 2440587.5, 86_400  # Kamailio's db_sqlite writes times as Julian days
_CONTACTS = "SELECT username, contact, received, path, user_agent, expires FROM location ORDER BY username, expires"
_HELD = "SELECT username, ifnull(received, contact), path, user_agent, expires, last_modified, socket FROM location"
_NAMELESS = "n/a"  # what usrloc writes where a REGISTER has no User-Agent
# What fix_nated_register makes of where a REGISTER came from
_RECEIVED = re.compile(r"sips?:([^;@]+)(?:;transport=([a-z]+))?", re.IGNORECASE)
_ACCOUNTS = "SELECT c.key, a.name FROM credential c JOIN account a ON a.id = c.account_id"


@dataclass(frozen=True, slots=True)
class Registration:
    """`source`: the URI of where its REGISTER came from; `path`: by which other node it is reached, '' for this one;
    `seconds`: until it ends."""

    key: str
    account: str
    contact: str
    source: str
    path: str
    user_agent: str
    seconds: int


def listing(locations: Path, edge: Path) -> list[Registration]:
    """By key; `edge` is the edge's store, which knows the accounts. Raises sqlite3.Error."""
    with closing(_open(locations)) as connection:
        rows = connection.execute(_CONTACTS).fetchall()
    with closing(store.open_reader(edge)) as connection:
        accounts = dict(map(tuple, connection.execute(_ACCOUNTS)))
    found = [_registration(row, accounts) for row in rows]
    return [one for one in found if one.seconds > 0]  # Kamailio removes what has ended twice a minute


@dataclass(frozen=True, slots=True)
class Seen:
    """`here`: by key, the newest contacts that registered at this node; `keys`: all that any node has a contact of."""

    here: Mapping[str, Registered]
    keys: Set[str]


def seen(locations: Path, neighbours: bool, own_path: str) -> Seen:
    """`neighbours`: whether there may be other nodes' contacts; `own_path`: how the Path of one of ours ends then.
    Raises sqlite3.Error."""
    with closing(_open(locations)) as connection:
        rows = connection.execute(f"{_HELD} ORDER BY last_modified").fetchall()
    newest = {row[0]: row for row in rows}
    ours = [row for row in newest.values() if not neighbours or _is_ours(row[2], row[6], own_path)]
    return Seen({row[0]: _registered(row) for row in ours}, newest.keys())


def own_path(address: str, port: int) -> str:
    """As the edge writes it (edge/neighbours.py)."""
    return f"@{in_uri(address)}:{port};lr"


def _open(locations: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{locations}?mode=ro", uri=True, timeout=1)
    # A PBX may name itself by whatever bytes it likes: that must not hide the others.
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def _is_ours(path: str | None, socket: str | None, own: str) -> bool:
    """DMQ tells the Path of a contact, but not the socket that its REGISTER came to."""
    return path.strip("<>").endswith(own) if path else bool(socket)


def _registered(row: tuple) -> Registered:
    key, source, _, agent, expires, modified, _ = row
    refreshed = _unix(modified)
    return Registered(key, _source(source), _agent(agent), refreshed, refreshed, _unix(expires))


def _agent(name: str | None) -> str:
    return "" if name in (None, _NAMELESS) else name


def _source(uri: str) -> str:
    """`sip:192.0.2.7:5060;transport=tcp` as `tcp:192.0.2.7:5060`."""
    match = _RECEIVED.fullmatch(uri)
    return f"{(match[2] or 'udp').lower()}:{match[1]}" if match else uri


def _unix(julian: float) -> int:
    return round((julian - _EPOCH) * _DAY)


def _registration(row: tuple, accounts: Mapping[str, str]) -> Registration:
    key, contact, received, path, agent, expires = row
    seconds = int((expires - _EPOCH) * _DAY - time.time())
    return Registration(key, accounts.get(key, ""), contact, received or contact, path or "", _agent(agent), seconds)
