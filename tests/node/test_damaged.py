"""The node's own SQLite files after a broken disk."""

import contextlib
import sqlite3

import pytest

from trunkline.contract import store
from trunkline.home import Home
from trunkline.node import damaged

ROWS = 2000


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.stores.mkdir(parents=True)
    connection = store.open_writer(home.store)
    row = {"account_id": 1, "forward": "[]"}
    store.insert(connection, {"number": [{"id": n, "e164": str(10_000_000 + n)} | row for n in range(ROWS)]})
    connection.close()
    with contextlib.closing(sqlite3.connect(home.locations)) as connection:
        connection.execute("CREATE TABLE location (x)")
    return home


def test_what_is_well_stays_and_what_is_not_there_is_nobodys_fault(home):
    assert damaged.put_aside(home) == []
    home.store.unlink()
    assert damaged.put_aside(home) == []
    assert sorted(path.name for path in home.stores.iterdir()) == ["location.db"]


def _header(data: bytearray) -> None:
    data[:100] = bytes(range(100))


def _pages(data: bytearray) -> None:
    data[8192:-8192] = b"\xa5" * (len(data) - 16384)


def _short(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _cells(data: bytearray) -> None:
    """SQLite reads such pages, and tells of them in lines."""
    page = 4096
    for place in range(len(data) // 2 // page * page, len(data), page):
        data[place + 8 : place + 40] = b"\xff" * 32


@pytest.mark.parametrize("spoil", [_header, _pages, _short, _cells])
def test_a_damaged_store_is_put_aside_and_said(home, spoil):
    data = bytearray(home.store.read_bytes())
    spoil(data)
    home.store.write_bytes(data)
    (home.stores / "edge.db.damaged").write_text("of last time")
    [said] = damaged.put_aside(home)
    assert said.startswith("edge.db was damaged and is now edge.db.damaged (")
    assert said.endswith("): it is filled from the database")
    assert "\n" not in said
    assert (home.stores / "edge.db.damaged").read_bytes() == bytes(data)
    assert not home.store.exists()
    store.open_writer(home.store).close()


def test_damaged_registrations_are_put_aside(home):
    home.locations.write_bytes(b"not SQLite" * 1000)
    [said] = damaged.put_aside(home)
    assert "location.db.damaged (file is not a database): PBXs are reached when they register again" in said


def test_a_store_that_is_only_locked_stays(home):
    with contextlib.closing(sqlite3.connect(home.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert damaged.put_aside(home) == []


def test_one_that_cannot_be_read_at_all_is_named(home):
    home.locations.unlink()
    home.locations.mkdir()
    with pytest.raises(OSError, match=r"location\.db cannot be read: unable to open database file"):
        damaged.put_aside(home)
