"""Making, migrating and losing the database."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from control.databases import fresh_sqlite, settings_for
from trunkline import control
from trunkline.control import DatabaseUnavailable, database


@pytest.fixture
def django():
    yield
    database.close()


def test_the_file_is_its_owners_alone(sqlite, tmp_path):
    assert stat.S_IMODE((tmp_path / "control.db").stat().st_mode) == 0o600


def test_the_pragmas_are_in_force(tmp_path, empty):
    """In a process of its own: this one forgoes durability."""
    ask = f"""
from trunkline import control
from trunkline.settings import Settings
control.setup(Settings(home="{tmp_path}", database={{"url": "{fresh_sqlite(tmp_path, empty)}"}}))
from django.db import connection
with connection.cursor() as cursor:
    print(*(cursor.execute("PRAGMA " + name).fetchone()[0] for name in ("journal_mode", "synchronous")))
"""
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert asked.stdout == "wal 2\n"


def test_migrating_twice_is_harmless(database):
    control.migrate()


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request, tmp_path):
    """The settings of a database without tables."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    yield settings_for(server.bare() if server else fresh_sqlite(tmp_path), tmp_path)
    database.close()


def test_migrating_may_be_broken_off_anywhere(unmigrated, monkeypatch):
    """By Ctrl-C, a full disk or a power cut: a half migration said 'already exists' for ever."""
    from django.db.migrations.recorder import MigrationRecorder

    control.setup(unmigrated)
    from trunkline.control import services

    recorded, broken = MigrationRecorder.record_applied, set()

    def break_off_once(self, app, name):
        if app in database.APPS and app not in broken:
            broken.add(app)
            raise KeyboardInterrupt
        recorded(self, app, name)

    monkeypatch.setattr(MigrationRecorder, "record_applied", break_off_once)
    for _ in database.APPS:
        with pytest.raises(KeyboardInterrupt):
            control.migrate()
        database.close()
    control.migrate()
    assert broken == {*database.APPS}
    assert services.accounts.create("acme").pk


def test_every_model_has_its_migration(sqlite):
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_database_of_a_later_trunkline_is_refused(database):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('calls', '9999_x', '2030-01-01')")
    with pytest.raises(DatabaseUnavailable, match="later Trunkline.*calls 9999_x"):
        control.migrate()


def test_a_locked_database_says_so(sqlite, tmp_path, monkeypatch):
    from django.db import connections

    from trunkline.control import services

    connections["default"].settings_dict["OPTIONS"]["timeout"] = 0.1
    database.close()
    with closing(sqlite3.connect(tmp_path / "control.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="is locked: another process"), database.plain_words():
            services.accounts.create("acme")
        other.execute("ROLLBACK")
    services.accounts.create("acme")


def test_a_folder_that_cannot_be_made_says_so(django, tmp_path):
    (tmp_path / "file").write_text("")
    control.setup(settings_for(f"sqlite:///{tmp_path}/file/sub/control.db", tmp_path))
    with pytest.raises(DatabaseUnavailable, match="cannot be made: Not a directory"):
        control.migrate()


def test_whoever_finds_no_file_makes_none(django, tmp_path):
    """An empty one would pass for the database."""
    control.setup(settings_for(f"sqlite:///{tmp_path}/gone%20?#.db", tmp_path))
    from trunkline.control import services

    with (
        pytest.raises(DatabaseUnavailable, match=r"gone%20\?#\.db is not there: put the file back"),
        database.plain_words(),
    ):
        services.accounts.create("acme")
    assert not list(tmp_path.iterdir())
    control.migrate()
    services.accounts.create("acme")
    assert (tmp_path / "gone%20?#.db").exists()


def test_a_file_that_is_no_database_says_so(django, tmp_path):
    (tmp_path / "control.db").write_text("not a database at all, but long enough to have a header" * 10)
    control.setup(settings_for(fresh_sqlite(tmp_path), tmp_path))
    with pytest.raises(DatabaseUnavailable, match="control.db is damaged: file is not a database. .*restore"):
        control.migrate()


def test_an_unreachable_postgresql_says_so_without_its_password(django, tmp_path):
    control.setup(settings_for(f"postgresql://me:hush@/x?host={tmp_path}", tmp_path))
    with pytest.raises(DatabaseUnavailable, match="PostgreSQL database 'x'.*does not serve us") as caught:
        control.migrate()
    assert "hush" not in str(caught.value)


def test_a_postgresql_url_may_have_all_parts():
    parts = database._postgresql("postgresql://us%40er:p%3Aw@db.example:5433/trunk?sslmode=verify-full")
    assert [parts[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        *("trunk", "us@er", "p:w", "db.example", "5433")
    ]
    assert parts["OPTIONS"]["sslmode"] == "verify-full"
