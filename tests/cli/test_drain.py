"""`trunkline node drain --wait`: what the part `clear` says is believed, as long as it says something."""

import json
import subprocess
import sys
import time

import pytest

from trunkline.cli import nodes
from trunkline.contract import store
from trunkline.home import Home


@pytest.fixture
def home(home_folder):
    home = Home(home_folder)
    for folder in (home.stores, home.run):
        folder.mkdir(parents=True)
    store.open_writer(home.store).close()
    return home


@pytest.fixture
def manager(home):
    """A process that is taken for the process manager of the home."""
    words = [sys.executable, "-c", "import sys; sys.stdin.read()", str(home.node / "supervisord.conf")]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        (home.run / "supervisord.pid").write_text(str(process.pid))
        yield
        process.stdin.close()


def said(home, when: float, **facts: int) -> None:
    home.status("clear").write_text(json.dumps({"time": when, "since": when, "problem": "", **facts}))


def test_a_part_that_says_nothing_is_not_believed(run, home, manager, monkeypatch):
    monkeypatch.setattr(nodes, "SILENT", 0.2)
    monkeypatch.setattr(nodes, "PAUSE", 0.05)
    for up in (0, 3):
        said(home, time.time() - 60, up=up, ringing=0)
        ran = run("node", "drain", "--wait")
        assert (ran.status, "part `clear` does not run" in ran.err) == (1, True)
        assert "No call is up" not in ran.out


def test_of_a_node_that_does_not_run_no_call_is_up(run, home):
    said(home, time.time() - 60, up=3, ringing=1)
    ran = run("node", "drain", "--wait")
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "No call is up.")
