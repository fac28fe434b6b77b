"""Django over the database that the settings name: SQLite by default, PostgreSQL at scale."""

import os
from collections.abc import Iterable
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import django
from django.conf import settings as django_settings
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections

from trunkline.control.dashboard.options import OPTIONS
from trunkline.control.errors import DatabaseAway, DatabaseLater, DatabaseUnavailable
from trunkline.settings import Settings

APPS = (
    "changes", "audit", "accounts", "keys", "carriers", "routes", "sources", "numbers", "calls", "users", "api",
    "endpoints", "nodes", "registrations", "jobs", "imports",
)  # fmt: skip
DJANGOS = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions")

SNAPSHOT = "snapshot"  # alias of a second connection, whose transactions read one moment and block no writer
REPLICA, REPLICA_SNAPSHOT = "replica", "replica_snapshot"  # the same two of database.replica_url

LOCK_WAIT_S = 20
MOVED = "was moved to"  # words by which a database that was moved refuses to be written
CONNECT_S = 5
SETTING = "database.url in the settings"  # what names the database, for the reader of an error
# Any numbers that nobody else locks in this PostgreSQL database.
MIGRATION_LOCK, JOURNAL_LOCK = 0x7472_756E_6B00, 0x7472_756E_6B01

_PRAGMAS = (
    "PRAGMA journal_mode = WAL; "
    # A node that follows the changes must never be ahead of the database: a change once committed has to
    # survive a power cut, which WAL with synchronous = NORMAL does not promise.
    "PRAGMA synchronous = FULL; "
    "PRAGMA cache_size = -16000; "
    "PRAGMA journal_size_limit = 67108864;"
)


def setup(settings: Settings) -> None:
    """Point Django at the settings' database.

    A second call with other settings switches the calling thread over; processes have no need of it, tests do.
    """
    databases = _databases(settings.database_url) | _replicas(settings.database.replica_url)
    if not django_settings.configured:
        django_settings.configure(
            DATABASES=databases,
            INSTALLED_APPS=[*(f"trunkline.control.{app}" for app in APPS), *DJANGOS],
            LOGGING_CONFIG=None,  # logging is the process's business
            TIME_ZONE="UTC",
            USE_TZ=True,
            TRUNKLINE_REALM=settings.sip.domain,
            TRUNKLINE=settings,
            **OPTIONS,
        )
        django.setup()
        return
    drop()
    connections.settings = connections.configure_settings(databases)
    django_settings.TRUNKLINE_REALM = settings.sip.domain
    django_settings.TRUNKLINE = settings


def close() -> None:
    """Close the calling thread's connections; the next query opens them again."""
    if django_settings.configured:
        connections.close_all()


def drop() -> None:
    """Close the calling thread's connections, and make others when they are wanted, by the settings of then."""
    close()
    for alias in connections:
        if hasattr(connections._connections, alias):
            del connections[alias]


def migrate(named: str = SETTING) -> None:
    """Bring the tables up to date, making the file of an SQLite database where it is missing; quick when they are.
    `named` as for `plain_words`. Raises DatabaseUnavailable.

    Several processes may call it at once: one does the work, the others wait for it.
    """
    if connections.settings[DEFAULT_DB_ALIAS]["ENGINE"].endswith("sqlite3"):
        _private_file(Path(connections.settings[DEFAULT_DB_ALIAS]["NAME"]))
    with plain_words(named):
        if not _unapplied():
            return
        with _migration_lock():
            from trunkline.control import migrating

            if _unapplied():
                migrating.apply()


def lock(number: int) -> None:
    """Let no other transaction that asks for the same number go on until the caller's ends.

    SQLite's transactions begin as IMMEDIATE and exclude each other anyway.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


@contextmanager
def plain_words(named: str = SETTING):
    """Turn Django's database errors into DatabaseUnavailable, and drop the connection that had them. `named`: what
    names the database, and may be wrong."""
    try:
        yield
    except Error as error:
        close()
        away = isinstance(error, OperationalError) and connections[DEFAULT_DB_ALIAS].vendor == "postgresql"
        raise (DatabaseAway if away else DatabaseUnavailable)(explain(error, named)) from error


def place(alias: str = DEFAULT_DB_ALIAS) -> str:
    """Where the database is, for people; without the password that a URL may hold."""
    database = connections.settings[alias]
    if database["ENGINE"].endswith("sqlite3"):
        return f"the database {database['NAME']}"
    return f"PostgreSQL database {database['NAME']!r} at {database['HOST'] or 'the local socket'}"


def explain(error: Exception, named: str = SETTING) -> str:
    """What a database error means for the operator; `named` as for `plain_words`."""
    where = place()
    where = where[0].upper() + where[1:]
    text = _joined(str(error)).rstrip(".?")
    if connections.settings[DEFAULT_DB_ALIAS]["ENGINE"].endswith("sqlite3"):
        if "locked" in text:
            return f"{where} is locked: another process has been writing for {LOCK_WAIT_S} s. Try again when it is done"
        if MOVED in text:
            return (
                f"{where} takes no more changes: {text}. Name that one in database.url, then run "
                "`trunkline database reconnect` on a node that runs"
            )
        if "unable to open" in text and not os.path.exists(connections.settings[DEFAULT_DB_ALIAS]["NAME"]):
            return f"{where} is not there: put the file back, or run `trunkline up` if there never was one"
        if "no such table" in text:
            return f"{where} has no tables yet ({text}): run `trunkline up` first"
        if "not a database" in text or "malformed" in text:
            return (
                f"{where} is damaged: {text}. `trunkline down`, move it and the files beside it away, `trunkline "
                "restore` a backup, `trunkline up`"
            )
        return f"{where} cannot be used: {text}. Check that the file can be written, and that the disk is not full"
    return f"{where} does not serve us: {text}. Check that it runs, and {named}"


def _joined(text: str) -> str:
    """The lines of an error as sentences of one line; libpq ends few of its lines with a full stop."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    ended = [line if line.endswith((".", "?", "!", ":", ";", ",")) else f"{line}." for line in lines[:-1]]
    return " ".join([*ended, *lines[-1:]])


def strange(applied: Iterable[tuple[str, str]]) -> str:
    """The migrations among (app, name) pairs that this Trunkline does not have, for people; '' when it has all."""
    return ", ".join(sorted(f"{app} {name}" for app, name in set(applied) - _ours()))


def _ours() -> set[tuple[str, str]]:
    return {(app, path.stem) for app in APPS for path in (Path(__file__).parent / app / "migrations").glob("[0-9]*.py")}


def _unapplied() -> bool:
    """Whether a migration of ours is missing. Raises DatabaseLater for a database of a later Trunkline."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return True
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = {tuple(row) for row in cursor.fetchall() if row[0] in APPS}
    if later := strange(applied):
        raise DatabaseLater(
            f"the database was made by a later Trunkline (it has {later}): use that version, or go back by `trunkline "
            "restore FILE --replace` with a backup from before"
        )
    return applied != _ours()


@contextmanager
def _migration_lock():
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        with open(f"{connection.settings_dict['NAME']}.migrate", "w") as file:
            flock(file, LOCK_EX)
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _private_file(path: Path) -> None:
    """Make the file readable by its owner alone: carriers' passwords are in it. SQLite's side files follow it."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnavailable(
            f"the database {path} cannot be made: {error.strerror}. Name a folder that can be written "
            "in database.url or TRUNKLINE_HOME"
        ) from error


def configured(settings: Settings) -> dict:
    """Django's settings of a connection to the settings' database, to be used beside another one."""
    return connections.configure_settings(_databases(settings.database_url))[DEFAULT_DB_ALIAS]


def _databases(url: str) -> dict[str, dict]:
    """Django's DATABASES for a URL of the settings."""
    database = _sqlite(url) if url.startswith("sqlite:") else _postgresql(url)
    snapshot = database | {"OPTIONS": dict(database["OPTIONS"])}
    if url.startswith("sqlite:"):
        snapshot["OPTIONS"]["transaction_mode"] = "DEFERRED"
    else:
        from psycopg import IsolationLevel

        snapshot["OPTIONS"]["isolation_level"] = IsolationLevel.REPEATABLE_READ
    # A request of the dashboard takes the connection of the one before; nothing else ends connections by their age.
    database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return {DEFAULT_DB_ALIAS: database, SNAPSHOT: snapshot}


def _replicas(url: str) -> dict[str, dict]:
    if not url:
        return {}
    plain, snapshot = _databases(url).values()
    return {REPLICA: plain, REPLICA_SNAPSHOT: snapshot}


def _sqlite(url: str) -> dict:
    path = url.removeprefix("sqlite:///")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A part of the node that finds no file must not make an empty one, which would pass for the database.
            "database": f"file:{quote(path)}?mode=rw",
            "timeout": LOCK_WAIT_S,
            # A transaction that reads first and writes later would fail at once when another wrote meanwhile.
            "transaction_mode": "IMMEDIATE",
            "init_command": _PRAGMAS,
        },
    }


def _postgresql(url: str) -> dict:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))  # libpq's options: ?host=/run/postgresql, ?sslmode=verify-full
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": {"connect_timeout": CONNECT_S, "tcp_user_timeout": 10_000, **query},
    }
