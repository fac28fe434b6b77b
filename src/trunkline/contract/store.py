"""`edge.db`: all that the edge needs to decide a call, in one local SQLite file.

The node writes it (`open_writer`, `put`, `delete`), Kamailio's workers read it (`open_reader`). A change
of the control plane concerns one *entity* (an account, a key, a number, a carrier, a route); an entity is
the set of rows that carry its id, and is always replaced as a whole, so applying a change twice is harmless.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from trunkline.contract import touched

SCHEMA_VERSION = 4

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE account (
    id               INTEGER PRIMARY KEY,
    name             TEXT NOT NULL,
    enabled          INTEGER NOT NULL,
    caller_id        TEXT NOT NULL,     -- 'any': any E.164 number; 'owned': only the account's numbers
    calls_per_second INTEGER NOT NULL,  -- 0: no limit
    calls_at_once    INTEGER NOT NULL,  -- 0: no limit
    destinations     TEXT NOT NULL,     -- JSON list of E.164 prefixes without '+'; []: everywhere
    srtp             TEXT NOT NULL      -- 'accepted', 'offered' or 'required': see edge/legs.py
);
CREATE TABLE credential (               -- one row per live secret of a key (two while it rotates)
    key_id     INTEGER NOT NULL,
    key        TEXT NOT NULL,           -- the digest username
    slot       INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    ha1_md5    TEXT NOT NULL,           -- hex of MD5(key:realm:secret), RFC 7616 section 3.4.2
    ha1_sha256 TEXT NOT NULL,
    PRIMARY KEY (key, slot)
) WITHOUT ROWID;
CREATE INDEX credential_key_id ON credential (key_id);
CREATE TABLE source (                   -- who is recognised by the address that a request comes from
    network    TEXT NOT NULL,           -- canonical CIDR: '192.0.2.7/32', '2001:db8::/64'
    port       INTEGER NOT NULL,        -- 0: any source port
    owner_kind TEXT NOT NULL,           -- 'account' or 'carrier'
    owner_id   INTEGER NOT NULL,
    PRIMARY KEY (network, port, owner_kind, owner_id)
) WITHOUT ROWID;
CREATE INDEX source_owner ON source (owner_kind, owner_id);
CREATE TABLE number (
    id         INTEGER PRIMARY KEY,
    e164       TEXT NOT NULL UNIQUE,    -- digits without '+'
    account_id INTEGER NOT NULL,
    forward    TEXT NOT NULL            -- JSON list of forward.ForwardTarget.as_dict(), in order
);
CREATE INDEX number_account ON number (account_id);
CREATE TABLE carrier (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    enabled   INTEGER NOT NULL,
    host      TEXT NOT NULL,            -- IP address or host name
    port      INTEGER NOT NULL,         -- 0: RFC 3263 decides
    transport TEXT NOT NULL,            -- 'udp', 'tcp' or 'tls'
    username  TEXT NOT NULL,            -- '' when the carrier does not challenge
    password  TEXT NOT NULL,
    strip     INTEGER NOT NULL,         -- leading digits taken off the E.164 number
    prefix    TEXT NOT NULL             -- then put before it; may start with '+'
);
CREATE TABLE route (
    id         INTEGER PRIMARY KEY,
    prefix     TEXT NOT NULL,           -- E.164 digits; '': every number
    priority   INTEGER NOT NULL,        -- lower is tried first
    weight     INTEGER NOT NULL,        -- share among equal priorities, as in RFC 2782
    carrier_id INTEGER NOT NULL         -- 0: calls are refused
);
CREATE INDEX route_prefix ON route (prefix);
CREATE INDEX route_prefix_length ON route (length(prefix));
CREATE TABLE resolution (               -- what RFC 3263 makes of a host name; written by the resolver alone
    host      TEXT NOT NULL,            -- lower case
    port      INTEGER NOT NULL,         -- as written in the URI; 0: none
    transport TEXT NOT NULL,
    targets   TEXT NOT NULL,            -- JSON list of [ip, port, priority, weight]; []: does not resolve
    problem   TEXT NOT NULL,            -- '' or why there is no target, in plain words
    expires   REAL NOT NULL,            -- Unix time, s; an expired answer still serves until there is another
    PRIMARY KEY (host, port, transport)
) WITHOUT ROWID;
CREATE TABLE name (                     -- every host name that the resolver keeps an answer for
    id        INTEGER PRIMARY KEY,
    host      TEXT NOT NULL,
    port      INTEGER NOT NULL,
    transport TEXT NOT NULL,
    unused    INTEGER NOT NULL,         -- 1 while a sweep looks whether anybody still uses it
    UNIQUE (host, port, transport)
);
-- Whoever writes a carrier or a number makes its names known, in the same transaction. Names that nobody uses
-- any more are swept up now and then: counting uses would make the emptying of a million numbers slow.
CREATE TRIGGER number_name AFTER INSERT ON number BEGIN
    INSERT INTO name (host, port, transport, unused)
    SELECT lower(value->>'host'), value->>'port', value->>'transport', 0 FROM json_each(NEW.forward)
    WHERE value->>'host' NOT LIKE '%:%' AND value->>'host' GLOB '*[^0-9.]*'
    ON CONFLICT DO UPDATE SET unused = 0 WHERE unused <> 0;
END;
CREATE TRIGGER carrier_name AFTER INSERT ON carrier
WHEN NEW.host NOT LIKE '%:%' AND NEW.host GLOB '*[^0-9.]*' BEGIN
    INSERT INTO name (host, port, transport, unused) VALUES (lower(NEW.host), NEW.port, NEW.transport, 0)
    ON CONFLICT DO UPDATE SET unused = 0 WHERE unused <> 0;
END;
"""

ENTITIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    # entity kind -> the (table, condition that selects the rows of entity ?) it consists of
    "account": (("account", "id = ?"), ("source", "owner_kind = 'account' AND owner_id = ?")),
    "key": (("credential", "key_id = ?"),),
    "number": (("number", "id = ?"),),
    "carrier": (("carrier", "id = ?"), ("source", "owner_kind = 'carrier' AND owner_id = ?")),
    "route": (("route", "id = ?"),),
}

type Rows = Mapping[str, Iterable[Mapping[str, object]]]  # table name -> rows, each column name -> value


def open_reader(path: str | Path) -> sqlite3.Connection:
    """Open the store as a Kamailio worker does: read-only, after the fork, for this process alone."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=1)
    connection.row_factory = sqlite3.Row
    return connection


def open_writer(path: str | Path) -> sqlite3.Connection:
    """Open the store as the node does, making the file and its tables where they are missing.

    A file of another schema version is emptied in place (the node then rebuilds it): Kamailio would go on
    reading the old inode of a file that is replaced. What stays is that it takes no calls, which the operator has said.
    """
    connection = open_as_it_is(path)
    if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        _create(connection)
    return connection


def open_as_it_is(path: str | Path) -> sqlite3.Connection:
    """Open the store to write what every schema has, `meta`: beside a node that runs, which may be of another version
    than we are and goes on with what is there."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Without it, a row that an INSERT OR REPLACE takes away would not be noted as touched.
    connection.execute("PRAGMA recursive_triggers = ON")
    return connection


def serves(path: str | Path) -> bool:
    """Whether there is a store of this schema that was filled, so that an edge can go on with it."""
    try:
        with closing(open_reader(path)) as connection:
            return (
                connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION and sequence(connection) >= 0
            )
    except sqlite3.Error:
        return False


def _create(connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    drops = "".join(f"DROP TABLE {row['name']};" for row in tables)
    drained = False
    with suppress(sqlite3.Error):  # it is new, or of a version that knew nothing of draining
        drained = draining(connection)
    connection.executescript(
        f"BEGIN IMMEDIATE;{drops}{SCHEMA}{touched.schema()}PRAGMA user_version = {SCHEMA_VERSION};"
        f"{_DRAIN if drained else ''};COMMIT;"
    )


def inode(connection: sqlite3.Connection) -> int:
    """The inode that is at the path of an open store now: another one than at first, or 0 (none), when the file was
    replaced or deleted, which leaves every process that has it open with a file that nobody else will ever see."""
    path = connection.execute("PRAGMA database_list").fetchone()["file"]
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def put(connection: sqlite3.Connection, kind: str, entity_id: int, rows: Rows) -> None:
    """Replace every row of an entity by `rows`, inside the caller's transaction."""
    delete(connection, kind, entity_id)
    insert(connection, rows)


def delete(connection: sqlite3.Connection, kind: str, entity_id: int) -> None:
    """Remove every row of an entity, inside the caller's transaction."""
    for table, condition in ENTITIES[kind]:
        connection.execute(f"DELETE FROM {table} WHERE {condition}", (entity_id,))  # noqa: S608 - constants


def insert(connection: sqlite3.Connection, rows: Rows) -> None:
    """Add rows as they are, inside the caller's transaction (for a rebuild, after `clear`)."""
    for table, table_rows in rows.items():
        for row in table_rows:
            columns, marks = ", ".join(row), ", ".join("?" * len(row))
            statement = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our names
            connection.execute(statement, tuple(row.values()))


def clear(connection: sqlite3.Connection) -> None:
    """Remove every entity (not the resolutions, which stay useful), inside the caller's transaction."""
    for table in sorted({table for parts in ENTITIES.values() for table, _ in parts}):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants


def identity(connection: sqlite3.Connection) -> str:
    """The identity of the control plane's database that this store was filled from; '' when none was noted."""
    return _meta(connection, "identity")


def set_identity(connection: sqlite3.Connection, identity: str) -> None:
    """Note the database that is followed, inside the caller's transaction; a wish for one is over with it."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('identity', ?)", (identity,))
    connection.execute("DELETE FROM meta WHERE name = 'adopt'")


def wish(connection: sqlite3.Connection) -> str:
    """The identity of the database that the operator wants this store to be filled from anew; '' for none."""
    return _meta(connection, "adopt")


def set_wish(connection: sqlite3.Connection, identity: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('adopt', ?)", (identity,))


def srtp(connection: sqlite3.Connection, key: str) -> str:
    """What the account of a key says of SRTP; '' for a key that is not here."""
    statement = "SELECT srtp FROM account JOIN credential ON account_id = id WHERE key = ? LIMIT 1"
    row = connection.execute(statement, (key,)).fetchone()
    return row["srtp"] if row else ""


_DRAIN = "INSERT OR REPLACE INTO meta VALUES ('draining', '1')"


def draining(connection: sqlite3.Connection) -> bool:
    """Whether the node takes no new calls."""
    return bool(_meta(connection, "draining"))


def set_draining(connection: sqlite3.Connection, on: bool) -> None:
    """It outlives a restart: whoever drains a node to work on it may start it to look."""
    if on:
        connection.execute(_DRAIN)
    else:
        connection.execute("DELETE FROM meta WHERE name = 'draining'")


def neighbours(connection: sqlite3.Connection) -> frozenset[str]:
    """The addresses (`cluster.address`) of the other nodes, as the database last named them."""
    return frozenset(_meta(connection, "neighbours").split())


def set_neighbours(connection: sqlite3.Connection, addresses: Iterable[str]) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('neighbours', ?)", (" ".join(sorted(addresses)),))


def nodes(connection: sqlite3.Connection) -> frozenset[str]:
    """The addresses that others reach the other nodes at, as the database last named them."""
    return frozenset(_meta(connection, "nodes").split())


def set_nodes(connection: sqlite3.Connection, addresses: Iterable[str]) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('nodes', ?)", (" ".join(sorted(addresses)),))


def elsewhere(connection: sqlite3.Connection) -> dict[int, int]:
    """How many calls of an account are up on other nodes, by its id; an account without any is left out."""
    return {int(account): count for account, count in json.loads(_meta(connection, "elsewhere") or "{}").items()}


def set_elsewhere(connection: sqlite3.Connection, counts: Mapping[int, int]) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('elsewhere', ?)", (json.dumps(counts),))


def sequence(connection: sqlite3.Connection) -> int:
    """The newest change of the control plane that is in force here; -1 when the store was never filled."""
    return int(_meta(connection, "sequence") or -1)


def set_sequence(connection: sqlite3.Connection, sequence: int) -> None:
    """Note the newest change that is in force, inside the caller's transaction."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('sequence', ?)", (str(sequence),))


def _meta(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else ""
