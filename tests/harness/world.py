"""What an edge knows in a test: accounts, keys, numbers, carriers and routes, put straight into its edge.db.

Everything has a name or number of its own, so that tests can share one edge.
"""

import hashlib
import ipaddress
import itertools
import json
import sqlite3
from dataclasses import dataclass

from trunkline.contract import store
from trunkline.sip import forward as forwarding


@dataclass(frozen=True)
class Key:
    id: int
    account_id: int
    name: str
    secret: str


class World:
    """Each method returns what it made and takes the columns of contract/store.py as keywords."""

    def __init__(self, connection: sqlite3.Connection, domain: str):
        self._connection, self.domain = connection, domain
        self._ids = itertools.count(1)

    def put(self, kind: str, entity_id: int, rows: store.Rows) -> None:
        """Replace the rows of any entity."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            store.put(self._connection, kind, entity_id, rows)

    def delete(self, kind: str, entity_id: int) -> None:
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            store.delete(self._connection, kind, entity_id)

    def account(self, sources: tuple[str, ...] = (), account_id: int = 0, **columns) -> int:
        """An account that may do anything, unless `columns` say otherwise; with `account_id`, changes that one."""
        account_id = account_id or next(self._ids)
        row = {"id": account_id, "name": f"account{account_id}", "enabled": 1, "caller_id": "any",
               "calls_per_second": 0, "calls_at_once": 0, "destinations": "[]",
               "srtp": "accepted"} | columns  # fmt: skip
        self.put("account", account_id, {"account": [row], "source": _sources("account", account_id, sources)})
        return account_id

    def key(self, account_id: int = 0, secret: str = "") -> Key:
        """A key of an account (of one of its own by default) with one secret."""
        account_id = account_id or self.account()
        number = next(self._ids)
        key = Key(number, account_id, f"key{number}", secret or f"secret-{number}")
        a1 = f"{key.name}:{self.domain}:{key.secret}".encode()
        row = {"key_id": key.id, "key": key.name, "slot": 1, "account_id": account_id,
               "ha1_md5": hashlib.md5(a1).hexdigest(), "ha1_sha256": hashlib.sha256(a1).hexdigest()}  # fmt: skip
        self.put("key", key.id, {"credential": [row]})
        return key

    def number(self, forward: str = "", account_id: int = 0, e164: str = "", number_id: int = 0) -> str:
        """A number (E.164 digits) that is forwarded to the targets of a *Forward to SIP* text."""
        number_id = number_id or next(self._ids)
        e164 = e164 or f"99940{number_id:07}"
        targets = json.dumps([target.as_dict() for target in forwarding.parse(forward)])
        row = {"id": number_id, "e164": e164, "account_id": account_id or self.account(), "forward": targets}
        self.put("number", number_id, {"number": [row]})
        return e164

    def carrier(self, host: str, port: int, sources: tuple[str, ...] | None = None, carrier_id: int = 0, **columns):
        """A carrier at an address; its calls come from there (any port), unless `sources` say otherwise."""
        carrier_id = carrier_id or next(self._ids)
        row = {"id": carrier_id, "name": f"carrier{carrier_id}", "enabled": 1, "host": host, "port": port,
               "transport": "udp", "username": "", "password": "", "strip": 0, "prefix": ""} | columns  # fmt: skip
        networks = (host,) if sources is None else sources
        self.put("carrier", carrier_id, {"carrier": [row], "source": _sources("carrier", carrier_id, networks)})
        return carrier_id

    def route(self, *carrier_ids: int, prefix: str | None = None, priority: int = 0, weight: int = 100) -> str:
        """Routes of one prefix to carriers in order (each the next priority); returns the prefix, one of its own."""
        prefix = f"9995{next(self._ids):05}" if prefix is None else prefix
        for place, carrier_id in enumerate(carrier_ids):
            route_id = next(self._ids)
            row = {"id": route_id, "prefix": prefix, "priority": priority + place, "weight": weight,
                   "carrier_id": carrier_id}  # fmt: skip
            self.put("route", route_id, {"route": [row]})
        return prefix

    def resolution(self, host: str, targets: list, *, port: int = 0, transport: str = "udp", problem: str = "") -> None:
        """What a host name resolves to: `targets` are [ip, port, priority, weight]."""
        row = {"host": host, "port": port, "transport": transport, "targets": json.dumps(targets),
               "problem": problem, "expires": 4e9}  # fmt: skip
        with self._connection:
            store.insert(self._connection, {"resolution": [row]})


def _sources(kind: str, owner: int, networks: tuple[str, ...]) -> list[dict[str, object]]:
    return [
        {"network": str(ipaddress.ip_network(network)), "port": 0, "owner_kind": kind, "owner_id": owner}
        for network in networks
    ]
