"""Which PBXs are registered, as Kamailio keeps it in its own file of contacts."""

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract import store

_EPOCH, _DAY = 2440587.5, 86_400  # Kamailio's db_sqlite writes times as Julian days
_CONTACTS = "SELECT username, contact, received, path, user_agent, expires FROM location ORDER BY username, expires"
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
    with closing(sqlite3.connect(f"file:{locations}?mode=ro", uri=True, timeout=1)) as connection:
        rows = connection.execute(_CONTACTS).fetchall()
    with closing(store.open_reader(edge)) as connection:
        accounts = dict(map(tuple, connection.execute(_ACCOUNTS)))
    found = [_registration(row, accounts) for row in rows]
    return [one for one in found if one.seconds > 0]  # Kamailio removes what has ended twice a minute


def _registration(row: tuple, accounts: Mapping[str, str]) -> Registration:
    key, contact, received, path, agent, expires = row
    seconds = int((expires - _EPOCH) * _DAY - time.time())
    return Registration(key, accounts.get(key, ""), contact, received or contact, path or "", agent or "", seconds)
