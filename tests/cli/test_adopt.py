"""`trunkline node adopt`: the operator says that another database is meant."""

import pytest

from trunkline.contract import store
from trunkline.home import Home


@pytest.fixture
def home(home_folder):
    home = Home(home_folder)
    home.stores.mkdir(parents=True)
    return home


@pytest.fixture
def edge(home):
    connection = store.open_writer(home.store)
    store.insert(connection, {"number": [{"id": 1, "e164": "447700900000", "account_id": 1, "forward": "[]"}]})
    store.set_identity(connection, "first")
    yield connection
    connection.close()


def test_it_says_what_is_there_and_asks(run, ask, edge, home):
    ask("account", "add", "acme")
    refused = run("node", "adopt", stdin="n\n")
    assert refused.status == 1
    assert f"The edge serves 0 accounts and 1 number; the database {home.root}/control.db has 1 account and 0" in (
        refused.out
    )
    for stdin in ("n\n", ""):
        assert run("node", "adopt", stdin=stdin).err == "\ntrunkline: nothing is done.\n"
    assert store.wish(edge) == ""
    assert run("node", "adopt", stdin="y\n").status == 0
    assert len(store.wish(edge)) == 32


def test_without_a_question(run, edge):
    ran = run("node", "adopt", "--yes")
    assert (ran.status, "trunkline status" in ran.out) == (0, True)
    assert len(store.wish(edge)) == 32
    assert store.identity(edge) == "first"


@pytest.mark.parametrize("words", [("adopt", "--yes"), ("drain",)])
def test_without_a_store_there_is_nothing_to_do(run, home, words):
    ran = run("node", *words)
    assert (ran.status, "has no node yet: `trunkline up`" in ran.err) == (1, True)
    home.store.mkdir()  # SQLite opens it no more than what is on a disk that is read-only
    ran = run("node", *words)
    assert (ran.status, "cannot be written: unable to open database file. " in ran.err) == (1, True)


def test_a_database_that_does_not_answer_is_named(run, edge, monkeypatch, tmp_path):
    monkeypatch.setenv("TRUNKLINE_DATABASE__URL", f"postgresql://me:hush@/x?host={tmp_path}")
    ran = run("node", "adopt", "--yes")
    assert (ran.status, "PostgreSQL database 'x'" in ran.err, "hush" in ran.err) == (1, True, False)
    assert store.wish(edge) == ""


def test_a_store_that_is_being_filled_is_to_be_waited_for(run, edge, monkeypatch):
    opened = store.open_as_it_is

    def impatient(path):
        connection = opened(path)
        connection.execute("PRAGMA busy_timeout = 1")
        return connection

    monkeypatch.setattr(store, "open_as_it_is", impatient)
    edge.execute("BEGIN IMMEDIATE")
    ran = run("node", "adopt", "--yes")
    edge.execute("ROLLBACK")
    assert (ran.status, "try again in a minute" in ran.err) == (1, True)


@pytest.mark.parametrize("words", [("adopt", "--yes"), ("drain",)])
def test_a_node_of_another_version_goes_on_with_what_it_has(run, edge, words):
    """As when the new version is installed before the node is drained."""
    edge.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION - 1}")
    assert run("node", *words).status == 0
    assert edge.execute("SELECT count(*) FROM number").fetchone()[0] == 1
    assert (store.draining(edge), bool(store.wish(edge))) == (words == ("drain",), words != ("drain",))
