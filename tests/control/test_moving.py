"""From SQLite to a real PostgreSQL: all of it, as it was, and nothing written where nobody looks any more."""

import itertools
import os
import subprocess
import sys

import psycopg
import pytest

from control.databases import cast_of, settings_for
from trunkline import control
from trunkline.control import ServiceError

_names = itertools.count()


@pytest.fixture
def target(postgresql):
    """The URL of a database without any tables."""
    name = f"target{next(_names)}"
    with psycopg.connect(host=postgresql.folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgresql.url(name)


@pytest.fixture
def settings(sqlite, tmp_path):
    return settings_for(sqlite, tmp_path)


@pytest.fixture
def services(sqlite):
    from trunkline.control import services

    return services


@pytest.fixture
def filled(services):
    """Something in every corner: texts of all scripts, times, sums, lists, empty values."""
    from trunkline.control.feed import DatabaseSink

    cast = cast_of(services)
    services.accounts.change(cast.owner, destinations=["44", "33"], calls_at_once=3)
    services.routes.add("44", cast.telco)
    services.users.create("zoe@example.com", cast.owner)
    services.numbers.change(cast.number, monthly_cost="1.25")
    event = {"event": "setup", "time": 1_780_000_000.123456, "node": "n", "call": "c1", "direction": "outbound",
             "account": cast.owner.pk, "source": "udp:192.0.2.9:5060", "caller": "\u260e tab\tand\\line\n"}  # fmt: skip
    DatabaseSink().store("n", "file", [event], 77)
    return cast


def rows():
    """Every row of every table, as Django reads it."""
    from django.apps import apps

    models = apps.get_models(include_auto_created=True)
    return {m._meta.label: sorted(map(repr, m._base_manager.values_list())) for m in models}


def test_every_row_arrives_as_it_was_and_work_goes_on_there(services, filled, settings, target, tmp_path):
    from trunkline.control.feed import DatabaseFeed, DatabaseSink

    before, change = rows(), DatabaseFeed().head()
    assert all(before[label] for label in ("audit.Entry", "calls.Call", "users.User", "sources.HeardAddress"))
    moved = services.moving.move(target, settings)
    assert moved.sequence == change
    control.setup(settings_for(target, tmp_path))
    assert rows() == before
    assert sum(moved.rows.values()) == sum(map(len, before.values()))
    services.accounts.create("later")  # its id is one that no row has
    assert DatabaseFeed().head() == change + 1
    assert DatabaseSink().position("n", "file") == 77


def test_what_was_moved_takes_no_more_changes_until_it_is_reopened(services, filled, settings, target):
    from trunkline.contract.feed import Unavailable
    from trunkline.control.feed import DatabaseFeed, DatabaseSink

    services.moving.move(target, settings)
    said = r"takes no more changes: it was moved to PostgreSQL .*reconnect"
    with pytest.raises(ServiceError, match=said), control.database.plain_words():
        services.accounts.create("lost")
    event = {"event": "setup", "time": 1_780_000_000.5, "node": "n", "call": "c2", "direction": "outbound"}
    with pytest.raises(Unavailable, match="was moved to"):
        DatabaseSink().store("n", "file", [event], 99)
    assert DatabaseFeed().head() > 0  # it is read as before
    with pytest.raises(ServiceError, match="was moved already"):
        services.moving.move(target, settings)
    assert services.moving.reopen()
    assert not services.moving.reopen()
    services.accounts.create("kept")
    assert not services.accounts.everyone().filter(name="lost").exists()


def test_a_target_with_something_in_it_is_refused_and_named(services, filled, settings, target, tmp_path):
    control.setup(settings_for(target, tmp_path))
    control.migrate()
    services.accounts.create("somebody")
    control.setup(settings)
    with pytest.raises(ServiceError, match=r"is not empty \(rows: 1 in accounts_account, .*createdb"):
        services.moving.move(target, settings)
    services.accounts.create("still")  # and this one is open


def test_another_programs_database_is_refused_and_left_as_it_is(services, filled, settings, target):
    def tables():
        with psycopg.connect(target) as connection:
            return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()

    with psycopg.connect(target) as connection:
        connection.execute("CREATE TABLE invoices (id int)")
    with pytest.raises(ServiceError, match=r"has tables that are not ours \(invoices\): .*createdb"):
        services.moving.move(target, settings)
    assert tables() == [("invoices",)]
    services.accounts.create("still")  # and this one is open


def test_a_target_that_only_migrations_have_seen_is_empty(services, filled, settings, target, tmp_path):
    before = rows()
    control.setup(settings_for(target, tmp_path))
    control.migrate()
    control.setup(settings)
    services.moving.move(target, settings)
    control.setup(settings_for(target, tmp_path))
    assert rows() == before


@pytest.mark.parametrize("url", ["sqlite:////tmp/other.db", "mysql://x/y", "", "postgres"])
def test_what_is_no_postgresql_is_refused(services, settings, url):
    with pytest.raises(ServiceError, match="postgresql://user:password@host/name"):
        services.moving.move(url, settings)


def test_a_target_that_does_not_answer_is_said_and_this_one_stays_open(services, settings, tmp_path):
    with pytest.raises(ServiceError, match="PostgreSQL database 'x' at .* does not serve us") as refused:
        services.moving.move(f"postgresql://postgres@/x?host={tmp_path}", settings)
    said = str(refused.value)
    assert said.endswith("Check that it runs, and the URL that was typed")
    assert "No such file or directory. Is the server running" in said  # libpq says it in lines of its own
    services.accounts.create("still")


def test_a_postgresql_is_moved_by_its_backup(postgresql, target, tmp_path):
    settings = settings_for(postgresql.fresh(), tmp_path)
    control.setup(settings)
    from trunkline.control import services

    with pytest.raises(ServiceError, match="trunkline restore"):
        services.moving.move(target, settings)
    control.database.close()


def test_what_postgresql_cannot_keep_ends_it_with_nothing_moved(services, filled, settings, target, tmp_path):
    from trunkline.control.accounts.models import Account

    Account.objects.filter(pk=filled.owner.pk).update(name="x" * 200)  # SQLite takes a text of any length
    with pytest.raises(ServiceError, match=r"does not take it: value too long.*Nothing was moved"):
        services.moving.move(target, settings)
    services.accounts.create("still")
    control.setup(settings_for(target, tmp_path))
    assert not Account.objects.exists()


WRITER = """
import sys
from trunkline import control
from trunkline.settings import Settings

control.setup(Settings(home=sys.argv[1], database={"url": sys.argv[2]}))
from trunkline.control import services

n = 0
while True:
    n += 1
    try:
        with control.database.plain_words():
            services.accounts.create(f"written{n}")
    except control.ServiceError as error:
        if "is locked" in str(error):  # a copy that takes longer than anybody waits
            continue
        print(f"refused: {error}", flush=True)
        break
    print(f"written{n}", flush=True)
"""


def test_no_write_is_lost_while_somebody_goes_on_writing(services, filled, settings, target, tmp_path):
    """Another process, as the dashboard is: what it was told is written is moved, and then it is refused."""
    command = [sys.executable, "-c", WRITER, str(tmp_path), settings.database_url]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        told = [writer.stdout.readline().strip() for _ in range(3)]
        services.moving.move(target, settings)
        told += [line.strip() for line in writer.stdout]
    assert told[-1].startswith("refused: ")
    assert "was moved to" in told[-1]
    control.setup(settings_for(target, tmp_path))
    kept = {account.name for account in services.accounts.everyone() if account.name.startswith("written")}
    assert kept == set(told[:-1])
