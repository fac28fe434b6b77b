"""Databases for tests: an SQLite file, or one of a real PostgreSQL that lives as long as the test session."""

import fcntl
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest

from trunkline import control
from trunkline.control import database
from trunkline.settings import Settings

REALM = "sip.trunk.example"


def settings_for(url: str, home: Path) -> Settings:
    return Settings(home=home, database={"url": url}, sip={"domain": REALM})


def fresh_sqlite(folder: Path, copied: Path | None = None) -> str:
    """The URL of an SQLite database that is not there yet, or a copy of another's file."""
    if copied:
        shutil.copy(copied, folder / "control.db")
    return f"sqlite:///{folder / 'control.db'}"


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A migrated database file, to be copied: migrating takes longer than most tests. All workers share one."""
    _forgo_durability()
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "empty"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with standing_on(fresh_sqlite(folder), folder):  # who asks for it may rely on Django's settings
            if not (folder / "made").exists():
                control.migrate()
                (folder / "made").touch()
    return folder / "control.db"


@contextmanager
def standing_on(url: str, home: Path):
    """Django stands on a database; yields the services."""
    control.setup(settings_for(url, home))
    from trunkline.control import services

    try:
        yield services
    finally:
        database.close()


def _forgo_durability() -> None:
    """No commit of this process waits for the disk: no power fails in its tests."""
    from django.db.backends.signals import connection_created

    def relax(connection, **_):
        if connection.vendor == "sqlite":
            connection.connection.execute("PRAGMA synchronous = OFF")

    connection_created.connect(relax, weak=False)


def peopled_by(cast: Callable[..., SimpleNamespace], empty: Path, folder: Path) -> tuple[Path, SimpleNamespace]:
    """A database file with the cast that `cast(services)` makes, to be copied, and that cast."""
    with standing_on(fresh_sqlite(folder, empty), folder) as services:
        return folder / "control.db", cast(services)


@dataclass
class Server:
    """A PostgreSQL on a Unix socket in `folder`."""

    folder: str
    people: SimpleNamespace | None = None  # of `peopled`
    _count: itertools.count = field(default_factory=itertools.count)
    _templates: set[str] = field(default_factory=set)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def bare(self) -> str:
        """The URL of a database without tables."""
        name = f"bare{next(self._count)}"
        self._order(f"CREATE DATABASE {name}")
        return self.url(name)

    def fresh(self) -> str:
        """The URL of a database of its own, migrated already (copied from a template: a tenth of a second)."""
        return self._copied("template_migrated", self._migrate)

    def peopled(self) -> str:
        """The same with the cast in it, which is in `people`."""
        return self._copied("template_peopled", self._people)

    def _copied(self, template: str, fill: Callable[[str], None]) -> str:
        if template not in self._templates:
            self._create(template, "template1")
            fill(self.url(template))
            self._templates.add(template)
        name = f"test{next(self._count)}"
        self._create(name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database: hundreds of them take gigabytes, and a minute in the end."""
        self._order(f"DROP DATABASE {urlsplit(url).path.lstrip('/')} WITH (FORCE)")

    def _create(self, name: str, template: str) -> None:
        self._order(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # a fifth sooner, without fsync

    def _order(self, statement: str) -> None:
        with psycopg.connect(host=self.folder, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _migrate(self, url: str) -> None:
        with standing_on(url, Path(self.folder)):
            control.migrate()

    def _people(self, url: str) -> None:
        self._migrate(url)
        with standing_on(url, Path(self.folder)) as services:
            self.people = cast_of(services)


@contextmanager
def postgresql_server():
    """PostgreSQL refuses to run as root, so it runs as its own user, in a folder of its own."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    folder = tempfile.mkdtemp(prefix="trunkline-pg-")
    data = f"{folder}/data"
    user = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres")

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=60, **user)

    try:
        run(f"{programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        run(f"{programs}/pg_ctl", "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield Server(folder)
        finally:
            run(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def cast_of(services) -> SimpleNamespace:
    owner = services.accounts.create("owner")
    stranger = services.accounts.create("stranger")
    key, secret = services.keys.create(owner)
    return SimpleNamespace(
        owner=owner,
        stranger=stranger,
        key=key,
        secret=secret,
        stranger_key=services.keys.create(stranger)[0],
        number=services.numbers.add("+447700900001", owner, "sip:owner@pbx.example"),
        stranger_number=services.numbers.add("+447700900002", stranger, "sip:stranger@pbx.example"),
        telco=services.carriers.create("telco", "198.51.100.1", sources=["198.51.100.0/28"]),
        backup=services.carriers.create("backup", "backup.example", transport="tls"),
    )
