"""Several who write one row at the same moment, on PostgreSQL, where they meet at the row itself: the log says of each
what it did, and nothing of what another one did."""

import threading
from contextlib import contextmanager

import psycopg
import pytest

from harness.polling import PATIENCE, until
from trunkline.contract.feed import DRAIN, Heartbeat

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def meanwhile(database):
    """`with meanwhile(write) as came_of_it:` what is done in the block, by bob, is committed once `write`, which alice
    does in a thread of her own, waits for it. `came_of_it` is then a list of what that returned or raised."""
    from django.db import connection, transaction

    from trunkline.control.audit.actor import USER, Actor, acting
    from trunkline.control.database import close

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            return cursor.fetchone()[0] > 0

    @contextmanager
    def block(write):
        came_of_it = []

        def work():
            with acting(Actor(USER, "alice")):
                try:
                    came_of_it.append(write())
                except Exception as error:  # noqa: BLE001
                    came_of_it.append(error)
                finally:
                    close()

        thread = threading.Thread(target=work)
        with acting(Actor(USER, "bob")), transaction.atomic():
            yield came_of_it
            thread.start()
            until(waits, what="the other one waits for the row")
        thread.join(PATIENCE)
        assert came_of_it

    return block


@pytest.fixture
def log(cast, services):
    """Entries since the fixture, as (who, kind, did, changes in words)."""
    from trunkline.control.audit.models import Entry

    first = Entry.objects.order_by("-pk").first().pk

    def entries():
        found = Entry.objects.filter(pk__gt=first).order_by("pk")
        return [(e.who, e.kind, e.did, [services.audit.in_words(c) for c in e.changes]) for e in found]

    return entries


def test_an_update_that_comes_too_late_is_credited_with_nothing(cast, log, meanwhile):
    from trunkline.control.accounts.models import Account

    rows = Account.objects.filter(pk=cast.owner.pk, enabled=True)
    with meanwhile(lambda: rows.update(enabled=False)) as changed:
        Account.objects.filter(pk=cast.owner.pk).update(enabled=False)
    assert changed == [0]
    assert log() == [("bob", "account", "disabled", ["enabled: yes → no"])]


def test_an_update_says_what_it_found(cast, log, meanwhile):
    from trunkline.control.accounts.models import Account

    rows = Account.objects.filter(pk=cast.owner.pk)
    with meanwhile(lambda: rows.update(calls_at_once=7)):
        rows.update(calls_at_once=5)
    assert log() == [
        ("bob", "account", "changed", ["calls at once: 100 → 5"]),
        ("alice", "account", "changed", ["calls at once: 5 → 7"]),
    ]


def test_a_row_that_is_saved_says_what_it_found(cast, log, meanwhile):
    from trunkline.control.accounts.models import Account

    def save(calls: int) -> None:
        account = Account.objects.get(pk=cast.owner.pk)
        account.calls_at_once = calls
        account.save(update_fields=["calls_at_once"])

    with meanwhile(lambda: save(7)):
        save(5)
    assert log() == [
        ("bob", "account", "changed", ["calls at once: 100 → 5"]),
        ("alice", "account", "changed", ["calls at once: 5 → 7"]),
    ]


def test_rows_are_removed_by_one_alone(cast, services, log, meanwhile):
    from trunkline.control.accounts.models import Account

    services.accounts.create("short")
    rows = Account.objects.filter(name="short")
    with meanwhile(lambda: rows.all().delete()) as gone:
        rows.all().delete()
    assert gone[0][0] == 0
    assert [entry[:3] for entry in log()][1:] == [("bob", "account", "removed")]


def test_a_row_that_another_one_removes_is_not_removed_again(cast, services, log, meanwhile):
    from trunkline.control.accounts.models import Account

    account = services.accounts.create("short", calls_at_once=3)
    with meanwhile(Account.objects.get(pk=account.pk).delete) as gone:
        account.delete()
    assert isinstance(gone[0], Account.DoesNotExist)
    assert log()[1:] == [("bob", "account", "removed", ["calls at once: 3"])]


def test_what_is_removed_is_told_as_it_was_last(cast, services, log):
    from trunkline.control.accounts.models import Account

    stale = services.accounts.create("short")
    Account.objects.filter(pk=stale.pk).update(calls_at_once=3)
    services.accounts.remove(stale)
    assert log()[-1][2:] == ("removed", ["calls at once: 3"])


def test_an_order_that_is_given_again_as_it_is_followed_is_told_of(cast, services, log, meanwhile):
    from trunkline.control.feed import DatabaseSink

    sink = DatabaseSink()
    beat = Heartbeat("n1", "a" * 32, "eu", ["192.0.2.1"], 5060, 5061, "0.1.0", 0.0, {}, 0, 0.0, False)
    sink.heartbeat(beat)
    node = services.nodes.get("n1")
    services.nodes.drain(node)
    before = len(log())
    with meanwhile(lambda: services.nodes.drain(node)):
        sink.heartbeat(beat._replace(draining=True))
    assert services.nodes.get("n1").order == DRAIN
    assert log()[before:] == [
        ("bob", "node", "changed", ["order: drain → none"]),
        ("alice", "node", "changed", ["order: none → drain"]),
    ]


def test_who_changes_an_account_keeps_nobody_from_writing_what_refers_to_it(cast, database):
    from django.db import transaction

    from trunkline.control.accounts.models import Account

    change = Account.objects.filter(pk=cast.owner.pk)
    note = "INSERT INTO sources_calledaddress (account_id, address) VALUES (%s, '192.0.2.1')"
    with transaction.atomic(), psycopg.connect(database, options="-c lock_timeout=5s") as elsewhere:
        change.update(calls_at_once=5)
        elsewhere.execute(note, [cast.owner.pk])
