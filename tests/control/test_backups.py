"""A backup has all of one moment, whatever is written meanwhile; a restore puts it back, and no node misses that."""

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from control.databases import fresh_sqlite, settings_for
from trunkline import control
from trunkline.contract import store
from trunkline.control.backups.contents import BackupError
from trunkline.node.follow import Follower


@pytest.fixture
def settings(database, tmp_path):
    return settings_for(database, tmp_path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "trunkline.backup"


@pytest.fixture
def follower(tmp_path):
    from trunkline.control.feed import DatabaseFeed

    connection = store.open_writer(tmp_path / "edge.db")
    yield Follower(DatabaseFeed(), connection)
    connection.close()


def _names(services) -> list[str]:
    return sorted(account.name for account in services.accounts.everyone())


def test_what_was_is_there_again(services, cast, settings, file):
    made = services.backups.back_up(file)
    assert (made.rows["accounts_account"], made.rows["keys_key"], len(made.identity)) == (2, 2, 32)
    services.accounts.create("later")
    services.numbers.forward(cast.number, "sip:elsewhere@pbx.example")
    services.backups.restore(file, settings, replace=True)
    assert _names(services) == ["owner", "stranger"]
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
    [entry] = services.audit.find(kind="database")
    assert (entry.name, entry.did, entry.account) == (file.name, "restored from a backup", None)
    services.accounts.create("after")  # the tables' own counters go on where they were


@contextmanager
def _writing(services):
    """Accounts are made one after the other, each with its line in the change log; yields when some are there."""
    some, enough = threading.Event(), threading.Event()

    def write():
        try:
            n = 0
            while not enough.wait(0.005):  # SQLite gives its lock to whoever asks first, so to one without a pause
                n += 1
                services.accounts.create(f"account{n}")
                if n == 5:
                    some.set()
        finally:
            some.set()
            control.database.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            assert some.wait(20)
            yield
        finally:
            enough.set()
        writer.result()


def test_it_has_all_of_one_moment_while_others_write(services, settings, file):
    with _writing(services):
        made = [services.backups.back_up(file, replace=True) for _ in range(3)]
    for one in made:
        assert one.rows["accounts_account"] == one.rows["changes_change"] == one.sequence
    assert made[0].sequence < made[2].sequence
    services.backups.restore(file, settings, replace=True)
    assert len(_names(services)) == made[2].sequence


def test_others_wait_for_a_restore_and_lose_nothing_of_what_they_write_after(services, cast, settings, file):
    services.backups.back_up(file)
    with _writing(services):
        services.backups.restore(file, settings, replace=True)
        services.accounts.create("certainly-after")
    assert {"owner", "stranger", "certainly-after"} <= set(_names(services))


def test_a_node_takes_everything_anew_also_when_the_sequence_has_passed_its_own(
    services, cast, settings, file, follower
):
    services.backups.back_up(file)
    lost = services.accounts.create("lost")
    _follow(follower)
    assert store.sequence(follower._db) == follower._head
    services.backups.restore(file, settings, replace=True)
    for n in range(3):
        services.accounts.create(f"after{n}")
    _follow(follower)
    served = [row["name"] for row in follower._db.execute("SELECT name FROM account ORDER BY name")]
    assert served == _names(services)
    assert lost.name not in served


def _follow(follower) -> None:
    while follower.step():
        continue


def test_what_a_node_ships_again_after_a_restore_is_there_once(services, cast, settings, file):
    from trunkline.control.feed import DatabaseSink

    def event(call):
        return {"event": "setup", "time": 1_800_000_000.0, "node": "node1", "call": call, "direction": "outbound"}

    sink = DatabaseSink()
    sink.store("node1", "f", [event("c0ffee0000000001")], 100)
    services.backups.back_up(file)
    sink.store("node1", "f", [event("c0ffee0000000002")], 200)
    services.backups.restore(file, settings, replace=True)
    assert sink.position("node1", "f") == 100
    sink.store("node1", "f", [event("c0ffee0000000002")], 200)
    assert len(services.calls.find()) == 2


def test_calls_whose_end_was_shipped_and_deleted_after_the_backup_are_over(services, cast, settings, file):
    from trunkline.control.feed import DatabaseSink

    began = 1_800_000_000.0

    def journal(call, *events):
        common = {"node": "node1", "call": call * 16, "direction": "outbound"}
        return [common | {"event": event, "time": began + n} for n, event in enumerate(events)]

    sink = DatabaseSink()
    first = [*journal("a", "setup", "answer"), *journal("b", "setup"), *journal("c", "setup", "answer")]
    sink.store("node1", "deleted", first, 100, 0)
    services.backups.back_up(file)
    services.backups.restore(file, settings, replace=True)
    sink.store("node1", "there", journal("d", "setup", "answer"), 50, 0)
    outcomes = lambda: [services.calls.get(uid * 16).outcome for uid in "abcd"]  # noqa: E731
    sink.settle("node1", ["deleted", "there"], [], began + 60)  # nothing is missing
    sink.settle("node2", ["there"], [], began + 60)
    sink.settle("node1", ["there"], [], began - 60)
    assert outcomes() == ["open"] * 4
    sink.store("node1", "deleted", [], 100)
    sink.settle("node1", ["there"], ["c" * 16, "d" * 16], began + 60)
    assert outcomes() == ["answered", "failed", "open", "open"]
    assert "not in the backup that was restored" in services.calls.get("a" * 16).hung_up_reason
    sink.settle("node1", ["there"], [], began + 60)  # once is enough
    assert outcomes() == ["answered", "failed", "open", "open"]
    end = journal("a", "setup", "answer", "end")[2:]
    sink.store("node1", "there", end, 60, 50)  # what says more after all, counts
    assert services.calls.get("a" * 16).duration == 1


def test_a_node_that_knows_of_no_restore_skips_nothing(services, cast, settings, file):
    from trunkline.contract.feed import Unavailable
    from trunkline.control.feed import DatabaseSink

    sink = DatabaseSink()
    sink.store("node1", "f", [], 100, 0)
    services.backups.back_up(file)
    sink.store("node1", "f", [], 200, 100)
    services.backups.restore(file, settings, replace=True)
    with pytest.raises(Unavailable, match="up to 100 bytes, not 200: it was restored"):
        sink.store("node1", "f", [], 300, 200)
    assert sink.position("node1", "f") == 100


def test_an_older_schema_is_brought_up_to_date(services, cast, settings, file):
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", "audit", "zero", verbosity=0)
    made = services.backups.back_up(file)
    assert "audit" not in {app for app, _ in made.migrations}
    control.migrate()
    services.accounts.create("later")
    services.backups.restore(file, settings, replace=True)
    assert not control.database._unapplied()
    assert "audit_entry" in connection.introspection.table_names()
    assert _names(services) == ["owner", "stranger"]


def test_a_later_schema_is_refused(services, cast, settings, file):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('calls', '9999_x', '2030-01-01')")
        services.backups.back_up(file)
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999_x'")
    with pytest.raises(BackupError, match="made by a later Trunkline .it has calls 9999_x"):
        services.backups.restore(file, settings, replace=True)


def test_the_way_back_from_a_later_version(services, cast, settings, file):
    """What it has added goes too: it would be in the way of the next upgrade."""
    from django.db import connection

    services.backups.back_up(file)
    services.accounts.create("later")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('calls', '9999_x', '2030-01-01')")
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('tariffs', '0001_x', '2030-01-01')")
        for table in ("calls_later", "tariffs_tariff", "other"):
            cursor.execute(f"CREATE TABLE {table} (account bigint REFERENCES accounts_account (id))")
        cursor.execute("ALTER TABLE changes_counter ADD COLUMN later integer")
    with pytest.raises(control.DatabaseUnavailable, match="go back by `trunkline restore FILE --replace`"):
        control.migrate()
    with pytest.raises(BackupError, match="is not empty .3 accounts"):
        services.backups.restore(file, settings)
    services.backups.restore(file, settings, replace=True)
    control.migrate()
    assert _names(services) == ["owner", "stranger"]
    left = {"other"} if connection.vendor == "postgresql" else set()  # all of an SQLite file is ours
    assert {"calls_later", "tariffs_tariff", "other"} & {*connection.introspection.table_names()} == left


def test_another_programs_tables_stay(services, cast, settings, file):
    from django.db import connection

    if connection.vendor != "postgresql":
        return  # all of an SQLite file is ours
    services.backups.back_up(file)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_x', '2030-01-01')")
        cursor.execute("CREATE TABLE shop_order (id integer)")
    services.backups.restore(file, settings, replace=True)
    assert "shop_order" in connection.introspection.table_names()


def test_nothing_is_overwritten_unasked(services, cast, settings, file):
    file.write_text("precious")
    with pytest.raises(BackupError, match="exists already: name another file, or say --replace"):
        services.backups.back_up(file)
    assert file.read_text() == "precious"
    before = os.umask(0)
    services.backups.back_up(file, replace=True)
    os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # secrets are in it
    assert [path.name for path in file.parent.iterdir() if "backup" in path.name] == [file.name]
    with pytest.raises(BackupError, match="is not empty .2 accounts, 2 numbers, 0 users, 0 calls.*--replace"):
        services.backups.restore(file, settings)


def test_a_damaged_backup_is_refused_and_changes_nothing(services, cast, settings, file):
    for n in range(50):
        services.accounts.create(f"account{n}")
    services.backups.back_up(file)
    services.accounts.create("later")
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) * 2 // 3], whole[:6000] + bytes(len(whole) - 12000) + whole[-6000:]):
        file.write_bytes(damaged)
        with pytest.raises(BackupError, match="is damaged: .*Take another backup"):
            services.backups.restore(file, settings, replace=True)
    assert "later" in _names(services)


def test_a_full_disk_leaves_no_half_backup(database, settings, tmp_path, file):
    """In a process of its own, that may write files of 20 kB at most."""
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from trunkline import control\n"
        "from control.databases import settings_for\n"
        "control.setup(settings_for(sys.argv[1], Path(sys.argv[2])))\n"
        "from trunkline.control import services\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    services.backups.back_up(Path(sys.argv[3]))\n"
        "except control.ServiceError as error:\n"
        "    print(error)\n"
    )
    paths = os.pathsep.join([os.environ.get("PYTHONPATH", ""), os.path.dirname(os.path.dirname(__file__))])
    ran = subprocess.run(
        [sys.executable, "-c", program, database, str(tmp_path), str(file)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "cannot be copied" in ran.stdout or "pg_dump failed" in ran.stdout, ran
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def test_each_engine_takes_its_own_and_nothing_else(services, settings, file, sqlite_backup):
    with pytest.raises(BackupError, match="cannot be read: No such file"):
        services.backups.restore(file, settings)
    file.write_text("not a backup at all")
    with pytest.raises(BackupError, match="is not a backup: "):
        services.backups.restore(file, settings)
    if "postgresql" in settings.database_url:
        with pytest.raises(BackupError, match="is of SQLite, and the settings name PostgreSQL"):
            services.backups.restore(sqlite_backup, settings, replace=True)
    else:
        file.write_bytes(b"PGDMP and more")
        with pytest.raises(BackupError, match="is of PostgreSQL, and the settings name SQLite"):
            services.backups.restore(file, settings, replace=True)


@pytest.fixture
def sqlite_backup(tmp_path):
    path = tmp_path / "other.backup"
    path.write_bytes(b"SQLite format 3\0 and more")
    return path


def test_a_restored_table_may_be_used_by_whom_it_was(postgresql, tmp_path, file):
    """The dashboard may be another user of PostgreSQL than the commands."""
    from django.db import connection

    url = postgresql.fresh()
    control.setup(settings_for(url, tmp_path))
    from trunkline.control import services

    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE dashboard")
        cursor.execute("GRANT SELECT, UPDATE ON accounts_account TO dashboard")
        services.backups.back_up(file)
        services.accounts.create("later")
        services.backups.restore(file, settings_for(url, tmp_path), replace=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('dashboard', 'accounts_account', 'SELECT, UPDATE')")
        assert cursor.fetchone() == (True,)
    control.database.close()


def test_a_database_without_tables_has_nothing_to_back_up(tmp_path, file):
    control.setup(settings_for(fresh_sqlite(tmp_path), tmp_path))
    from trunkline.control import services

    with pytest.raises(BackupError, match="is not there: there is nothing to back up"):
        services.backups.back_up(file)
    (tmp_path / "control.db").touch()
    with pytest.raises(BackupError, match="has no tables yet: there is nothing to back up"):
        services.backups.back_up(file)
    assert not file.exists()
    control.database.close()
