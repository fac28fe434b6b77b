"""`trunkline database` where there is no node and nothing to move to; tests/control/test_moving.py moves."""

import pytest


@pytest.mark.parametrize("url", ["sqlite:////tmp/x.db", "postgresql://host", "postgresql://host:port/name"])
def test_where_to_is_a_postgresql(run, url):
    ran = run("database", "move", url)
    assert (ran.status, "postgresql://user:password@host/name" in ran.err) == (1, True)


def test_what_was_not_moved_is_open(run, ask):
    ask("account", "add", "acme")
    assert ask("database", "reopen") == {"reopened": False}
    assert "The SQLite database takes changes." in run("database", "reopen").out


def test_without_a_node_there_is_nothing_to_reconnect(run):
    ran = run("database", "reconnect")
    assert (ran.status, "`trunkline up` starts one" in ran.err) == (1, True)
