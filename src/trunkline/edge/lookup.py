"""The edge's questions to `edge.db`: who is this, whose number is that, which carriers serve it.

Answers are kept in this worker's memory, as `memory` says.
"""

import ipaddress
import json
import socket
import sqlite3
from dataclasses import dataclass

from trunkline.contract import store
from trunkline.contract.names import UNASKED
from trunkline.edge.memory import Memory
from trunkline.sip.number import prefixes
from trunkline.sip.uri import is_ip

LONGEST_KEY = 64  # characters; no key is longer, and what a stranger claims to be one is kept in memory


@dataclass(frozen=True, slots=True)
class Account:
    """Limits of 0 and empty `destinations` mean no limit."""

    id: int
    name: str
    enabled: bool
    caller_id: str
    calls_per_second: int
    calls_at_once: int
    destinations: tuple[str, ...]
    srtp: str


@dataclass(frozen=True, slots=True)
class Credential:
    """`secrets`: of each live secret the HA1 by digest algorithm."""

    key: str
    account: Account
    secrets: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Number:
    e164: str
    account: Account
    forward: tuple[dict, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    id: int
    name: str
    host: str
    port: int
    transport: str
    username: str
    password: str
    strip: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Route:
    """Without a carrier, calls are refused."""

    priority: int
    weight: int
    carrier: Carrier | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """`targets`: (ip, port, priority, weight), unordered; empty with a `problem` when there is none."""

    targets: tuple[tuple[str, int, int, int], ...]
    problem: str


class Lookup:
    """Opened once in each worker, after the fork."""

    def __init__(self, path: str):
        self._db: sqlite3.Connection = store.open_reader(path)
        self._memory = Memory(self._db)
        self.refresh()  # SQLite opens the log beside the file with the first read: not at a time when both may be gone

    def refresh(self) -> None:
        """Forget the answers that a change of the store has made untrue; before anything is decided."""
        self._memory.refresh()

    def _cached(self, name: str, *question):
        key = question[0] if len(question) == 1 else question
        return self._memory.recall(name, key, getattr(self, f"_{name}"), *question)

    def draining(self) -> bool:
        """Whether this node takes no new calls."""
        return self._cached("draining")

    def neighbours(self) -> frozenset[str]:
        """The addresses that other nodes speak to this one from."""
        return self._cached("neighbours")

    def nodes(self) -> frozenset[str]:
        """The addresses that other nodes ask this one from, how it fares."""
        return self._cached("nodes")

    def elsewhere(self, account_id: int) -> int:
        """How many calls of an account were up on other nodes some seconds ago."""
        return self._cached("elsewhere").get(account_id, 0)

    def credential(self, key: str) -> Credential | None:
        """The live secrets of an API key and its account."""
        return self._cached("credential", key) if len(key) <= LONGEST_KEY else None

    def source(self, ip: str, port: int, kind: str) -> int | None:
        """The id of the account or carrier whose source addresses include this one; the narrowest network wins."""
        known = self._cached("source", ip)
        return next((owner for at, its, owner in known if its == kind and at in (0, port)), None)

    def account(self, account_id: int) -> Account | None:
        return self._cached("account", account_id)

    def number(self, e164: str) -> Number | None:
        """A number hosted here."""
        return self._cached("number", e164)

    def carrier(self, carrier_id: int) -> Carrier | None:
        """A carrier that is enabled."""
        return self._cached("carrier", carrier_id)

    def leads_to_carrier(self, ip: str, port: int) -> bool:
        """Whether a carrier, enabled or not, is called at this IP address, or calls from there."""
        return ip in self._cached("carrier_addresses") or self.source(ip, port, "carrier") is not None

    def is_at(self, carrier: Carrier, host: str) -> bool:
        """Whether a host is an IP address that a carrier is called at, or calls from."""
        if not is_ip(host):
            return False
        named = () if is_ip(carrier.host) else self.resolution(carrier.host, carrier.port, carrier.transport).targets
        return host in (carrier.host, *(ip for ip, *_ in named)) or self.source(host, 0, "carrier") == carrier.id

    def routes(self, e164: str) -> tuple[Route, ...]:
        """The routes of the longest prefix that has an enabled carrier, unordered; or one that refuses."""
        # By the digits that can matter, so that the numbers of one country share an answer.
        return self._cached("routes", e164[: self._cached("longest_prefix")])

    def resolution(self, host: str, port: int, transport: str) -> Resolution:
        """What the resolver found for a host name."""
        key = f"{host} {port} {transport}"
        return self._memory.recall("resolution", key, self._resolution, host, port, transport)

    def _one(self, statement: str, *values) -> sqlite3.Row | None:
        return self._db.execute(statement, values).fetchone()

    def _draining(self) -> bool:
        return store.draining(self._db)

    def _neighbours(self) -> frozenset[str]:
        return store.neighbours(self._db)

    def _nodes(self) -> frozenset[str]:
        return store.nodes(self._db)

    def _elsewhere(self) -> dict[int, int]:
        return store.elsewhere(self._db)

    def _credential(self, key: str) -> Credential | None:
        rows = self._db.execute("SELECT * FROM credential WHERE key = ? ORDER BY slot", (key,)).fetchall()
        account = self.account(rows[0]["account_id"]) if rows else None
        if account is None:
            return None
        return Credential(key, account, tuple({"MD5": r["ha1_md5"], "SHA-256": r["ha1_sha256"]} for r in rows))

    def _source(self, ip: str) -> tuple[tuple[int, str, int], ...]:
        """Port, kind and owner of each entry that means this address, the narrowest network first: all at once, as a
        flood brings a new address with every datagram."""
        networks = _networks(ip)
        rows = self._db.execute(
            "SELECT network, port, owner_kind, owner_id FROM source WHERE network IN (SELECT value FROM json_each(?))",
            (json.dumps(networks),),
        ).fetchall()
        rows.sort(key=lambda row: networks.index(row["network"]))
        return tuple(tuple(row)[1:] for row in rows)

    def _account(self, account_id: int) -> Account | None:
        row = self._one("SELECT * FROM account WHERE id = ?", account_id)
        if row is None:
            return None
        values = dict(row)
        values["enabled"] = bool(values["enabled"])
        values["destinations"] = tuple(json.loads(values["destinations"]))
        return Account(**values)

    def _number(self, e164: str) -> Number | None:
        row = self._one("SELECT * FROM number WHERE e164 = ?", e164)
        account = self.account(row["account_id"]) if row else None
        return Number(e164, account, tuple(json.loads(row["forward"]))) if account else None

    def _carrier(self, carrier_id: int) -> Carrier | None:
        row = self._one("SELECT * FROM carrier WHERE id = ? AND enabled", carrier_id)
        return Carrier(**{name: row[name] for name in Carrier.__slots__}) if row else None

    def _carrier_addresses(self) -> frozenset[str]:
        rows = self._db.execute("SELECT DISTINCT host, port, transport FROM carrier").fetchall()
        named = (self.resolution(*row).targets for row in rows if not is_ip(row["host"]))
        return frozenset((*(row["host"] for row in rows), *(ip for targets in named for ip, *_ in targets)))

    def _longest_prefix(self) -> int:
        return self._db.execute("SELECT max(length(prefix)) FROM route").fetchone()[0] or 0

    def _routes(self, digits: str) -> tuple[Route, ...]:
        rows = self._db.execute(
            "SELECT r.* FROM route r LEFT JOIN carrier c ON c.id = r.carrier_id"
            " WHERE r.prefix IN (SELECT value FROM json_each(?)) AND (c.enabled OR r.carrier_id = 0)"
            " ORDER BY length(r.prefix) DESC, r.carrier_id",
            (json.dumps(prefixes(digits)),),
        ).fetchall()
        if rows and not rows[0]["carrier_id"]:
            return (Route(0, 0, None),)
        longest = [row for row in rows if row["prefix"] == rows[0]["prefix"]]
        carriers = [(row, self.carrier(row["carrier_id"])) for row in longest]
        return tuple(Route(row["priority"], row["weight"], carrier) for row, carrier in carriers if carrier)

    def _resolution(self, host: str, port: int, transport: str) -> Resolution:
        row = self._one(
            "SELECT targets, problem FROM resolution WHERE host = ? AND port = ? AND transport = ?",
            *(host, port, transport),
        )
        if row is None:
            return Resolution((), f"{host} {UNASKED}")
        targets = tuple((ip, port, priority, weight) for ip, port, priority, weight in json.loads(row["targets"]))
        return Resolution(targets, row["problem"])


def _networks(ip: str) -> list[str]:
    """Every CIDR network that holds an address, the narrowest first, as `source.network` writes them."""
    if ":" not in ip:  # in half the time
        value = int.from_bytes(socket.inet_aton(ip))
        return [f"{socket.inet_ntoa((value >> (32 - n) << (32 - n)).to_bytes(4))}/{n}" for n in range(32, 0, -1)]
    address = ipaddress.ip_address(ip)
    bits, kind = address.max_prefixlen, type(address)
    value = int(address)
    return [f"{kind(value >> (bits - n) << (bits - n))}/{n}" for n in range(bits, 0, -1)]
