"""Commands run in this process, on a database of their own."""

import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from control.databases import empty, fresh_sqlite
from trunkline.cli.main import trunkline

__all__ = ["empty"]


@dataclass
class Ran:
    """What a command did. `document` is its JSON."""

    status: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


@pytest.fixture
def home_folder(tmp_path, empty):
    """Has a database already: making one takes longer than most commands."""
    folder = tmp_path / "home"
    folder.mkdir()
    fresh_sqlite(folder, empty)
    return folder


@pytest.fixture
def run(home_folder, monkeypatch):
    """`run("account", "list")`; `json=True` adds --json and expects success."""
    monkeypatch.setenv("TRUNKLINE_HOME", str(home_folder))

    def command(*words, stdin="", as_json=False):
        result = CliRunner().invoke(trunkline, [*words, *(["--json"] if as_json else [])], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return command


@pytest.fixture
def ask(run):
    """`ask("account", "list")`: the JSON of a command that succeeds."""

    def command(*words, stdin=""):
        ran = run(*words, stdin=stdin, as_json=True)
        assert ran.status == 0, ran
        return ran.document

    return command


@pytest.fixture
def acme(ask):
    """An account with a key, a number, a carrier and a route; the value is the key as JSON."""
    ask("account", "add", "acme")
    ask("number", "add", "+447700900000", "--account", "acme", "--forward", "sip:a@b.example")
    ask("carrier", "add", "telco", "telco.example", "--source", "198.51.100.0/28")
    ask("route", "add", "44", "telco")
    return ask("key", "add", "acme")
