"""Imports: checked, written when somebody wants it, and begun again when who worked on one was killed."""

import os
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest

from trunkline.control import ServiceError

FILE = b"\xef\xbb\xbfnumber,account,forward\n+442071234567,owner,sip:a@pbx.example\n+442071234568,,\n"


@pytest.fixture
def imports(services, cast):
    return services.imports


def state(services, found):
    return services.imports.find(found.pk)


def test_nothing_is_written_before_somebody_wants_it(services, imports):
    found = imports.begin("numbers.csv", FILE)
    with pytest.raises(ServiceError, match="that was checked"):
        imports.approve(found)
    assert services.import_worker.waits()
    assert services.import_worker.step()
    checked = state(services, found)
    assert (checked.state, checked.lines, checked.added, checked.updated, checked.faults) == ("checked", 2, 2, 0, 0)
    assert not services.numbers.listing(prefix="44207").exists()
    assert not services.import_worker.step()
    imports.approve(found)
    assert services.import_worker.step()
    assert (state(services, found).state, state(services, found).added) == ("done", 2)
    assert services.numbers.get("+442071234567").account.name == "owner"
    assert not services.import_worker.waits()


def test_lines_may_end_as_on_any_machine(services, imports):
    found = imports.begin("numbers.csv", b"number,account\r+442071234567,owner\r\n+442071234568,\n\r+442071234569,\r")
    services.import_worker.step()
    assert (state(services, found).state, state(services, found).added) == ("checked", 3)


def test_what_is_too_long_is_a_fault_that_fits_a_page(services, imports):
    lines = [
        b"number,account,forward",
        b"+442071234567," + b"a" * 100_000 + b",",
        b"+442071234568,,sip:%b@x" % (b"a" * 10_000),
    ]
    found = imports.begin("numbers.csv", b"\n".join(lines))
    services.import_worker.step()
    [account, forward] = imports.faults(found).values_list("problem", flat=True)
    assert ("there is no account" in account, len(account) < 200) == (True, True)
    assert "at most 10,000 are read" in forward


def test_every_fault_is_kept_by_its_line(services, imports):
    lines = [
        "number,account,forward",
        "+4412,,",
        "+442071234567,nobody,",
        "+442071234568,,sip:",
        "+442071234568,,x",
        "a,b,c,d",
    ]
    found = imports.begin("numbers.csv", "\n".join([*lines, "+447700900001,stranger,", ""]).encode())
    services.import_worker.step()
    faults = list(imports.faults(found).values_list("line", "problem"))
    assert [line for line, _ in faults] == [2, 3, 4, 5, 6, 7]
    for (_, problem), said in zip(
        faults,
        ["E.164", "no account 'nobody'", "cannot forward", "in line 4", "4 fields", "exists already"],
        strict=True,
    ):
        assert said in problem
    assert [fault.line for fault in imports.faults(found, after=5)] == [6, 7]
    with pytest.raises(ServiceError):
        imports.approve(found)


def test_what_changed_after_the_check_stops_it_all(services, imports, cast):
    found = imports.begin("numbers.csv", FILE)
    services.import_worker.step()
    imports.approve(found)
    services.numbers.add("+442071234568", cast.stranger)
    services.import_worker.step()
    ended = state(services, found)
    assert (ended.state, ended.faults) == ("failed", 1)
    assert "has changed since" in ended.reason
    assert not services.numbers.listing(prefix="442071234567").exists()
    assert services.numbers.get("+442071234568").account == cast.stranger


UPDATE = b"number,account,forward\n+447700900001,owner,sip:new@pbx.example\n+442071234567,,\n"


def test_a_change_that_nobody_saw_is_not_written_over(services, imports, cast):
    """Of a number that the check found unchanged, a customer's since, and of one that was to be changed anyway."""
    services.numbers.add("+442071234567")
    for change in (
        lambda: services.inventory.buy(cast.stranger, "+442071234567"),
        lambda: services.numbers.forward(services.numbers.get("+447700900001"), "sip:mine@pbx.example"),
    ):
        found = imports.begin("numbers.csv", UPDATE, update=True)
        services.import_worker.step()
        change()
        imports.approve(found)
        services.import_worker.step()
        assert (state(services, found).state, "has changed since" in state(services, found).reason) == ("failed", True)
    assert services.numbers.get("+442071234567").account == cast.stranger
    assert services.numbers.get("+447700900001").forward == "sip:mine@pbx.example"
    found = imports.begin("numbers.csv", UPDATE, update=True)
    services.import_worker.step()
    imports.approve(found)
    services.import_worker.step()
    assert (state(services, found).state, state(services, found).updated) == ("done", 2)


def test_one_that_was_taken_for_dead_writes_nothing_after_its_end(services, imports, monkeypatch):
    from trunkline.control.imports.models import Import

    found = imports.begin("numbers.csv", FILE)
    services.import_worker.step()
    imports.approve(found)
    monkeypatch.setattr(
        services.import_worker,
        "_rows",
        lambda row, rows=services.import_worker._rows: (
            Import.objects.filter(pk=row.pk).update(state="failed", reason="by the other one") and rows(row)
        ),
    )
    services.import_worker.step()
    assert (state(services, found).state, state(services, found).reason) == ("failed", "by the other one")
    assert not services.numbers.listing(prefix="44207").exists()


def test_one_that_was_left_by_a_killed_process_is_begun_again(services, imports):
    from django.utils import timezone

    from trunkline.control.imports.models import STALE, Import

    found = imports.begin("numbers.csv", FILE)
    Import.objects.filter(pk=found.pk).update(state="checking", checked=1)
    assert not services.import_worker.step()  # somebody works on it, as far as anybody knows
    with pytest.raises(ServiceError, match="wait until it is done"):
        imports.discard(found)
    Import.objects.filter(pk=found.pk).update(beat=timezone.now() - STALE - timedelta(seconds=1))
    assert services.import_worker.step()
    assert state(services, found).state == "checked"
    Import.objects.filter(pk=found.pk).update(state="writing", beat=timezone.now() - STALE - timedelta(seconds=1))
    assert services.import_worker.step()
    assert state(services, found).state == "done"


def test_two_workers_take_one_import_once(services, imports, monkeypatch):
    from trunkline.control.imports import worker
    from trunkline.control.imports.models import Import

    found = imports.begin("numbers.csv", FILE)
    seen = list(Import.objects.all())  # by the other one, a moment ago
    Import.objects.filter(pk=found.pk).update(state="checking")

    class Stale:
        def defer(self, *_):
            return self

        order_by = defer

        def __getitem__(self, _):
            return seen

    monkeypatch.setattr(worker, "_claimable", Stale)
    assert not worker.step()


def test_it_is_the_doing_of_who_wanted_it(services, imports):
    from trunkline.control.audit.actor import OPERATOR, Actor, acting

    with acting(Actor(OPERATOR, "olga", "192.0.2.9")):
        found = imports.begin("numbers.csv", FILE)
        services.import_worker.step()
        imports.approve(found)
    services.import_worker.step()
    newest = services.audit.find(kind="number", limit=1)[0]
    assert (newest.did, services.audit.who(newest), newest.address) == ("imported", "olga (operator)", "192.0.2.9")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name its columns"),
        (b"number\n", "has no number"),
        (b"telephone\n+442071234567\n", "must name its columns"),
        (b"number\n+442071234567\n\xff\xfe\n", "line 3 of the file is not UTF-8"),
        (b"number\n\x00\n", "NUL"),
        (b'number\n"+44', "is not CSV: a quote mark is never closed"),
        (b'number\n"+44\n' + b"+442071234567\n" * 10_000, "is not CSV: a field is too long, as when a quote mark"),
        (b"number;account\n", "separated by commas"),
        (b"number\n" + b"1" * 16_000_001, "more than 16 MB"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_once(sqlite, content, said):
    from trunkline.control import services

    with pytest.raises(ServiceError, match=said):
        services.imports.begin("numbers.csv", content)


def test_a_fault_of_ours_ends_it_and_stays_in_the_log(services, imports, monkeypatch, caplog):
    found = imports.begin("numbers.csv", FILE)
    monkeypatch.setattr(services.importing, "plan", lambda *_: 1 / 0)
    assert services.import_worker.step()
    assert state(services, found).state == "failed"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("approved", [False, True])
def test_one_that_others_keep_from_the_database_is_begun_again(sqlite, monkeypatch, approved):
    """As on SQLite, where a restore or a move keeps everybody waiting for longer than they do."""
    from django.db import OperationalError, connection
    from django.utils import timezone

    from trunkline.control import services
    from trunkline.control.imports.models import STALE, Import

    found = services.imports.begin("numbers.csv", b"number\n+442071234567\n")
    if approved:
        services.import_worker.step()
        services.imports.approve(found)
    other = sqlite3.connect(sqlite.removeprefix("sqlite:///"), isolation_level=None)
    work, rows = "_write" if approved else "_check", services.import_worker._rows
    monkeypatch.setattr(services.import_worker, "_rows", lambda row: other.execute("BEGIN IMMEDIATE") and rows(row))
    done = getattr(services.import_worker, work)

    def while_locked(row):
        try:
            done(row)
        finally:
            other.rollback()

    monkeypatch.setattr(services.import_worker, work, while_locked)
    connection.cursor().execute("PRAGMA busy_timeout = 20")
    with pytest.raises(OperationalError, match="locked"):
        services.import_worker.step()
    other.close()
    monkeypatch.undo()
    Import.objects.filter(pk=found.pk).update(beat=timezone.now() - STALE - timedelta(seconds=1))
    assert services.import_worker.step()
    assert state(services, found).state == ("done" if approved else "checked")


def test_the_process_works_off_what_waits_and_ends(sqlite, tmp_path):
    from trunkline.control import services
    from trunkline.control.database import close

    found = services.imports.begin("numbers.csv", b"number\n+442071234567\n")
    close()
    environment = {
        "TRUNKLINE_HOME": str(tmp_path),
        "TRUNKLINE_DATABASE__URL": sqlite,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "trunkline", "node", "imports"], env=os.environ | environment, timeout=60, check=False
    )
    assert ran.returncode == 0
    assert state(services, found).state == "checked"
