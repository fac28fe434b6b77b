"""The root with Asterisk: built for the tests alone, once; without it the launcher goes on and the tests say why."""

import pytest

from harness import asterisk
from launcher.conftest import MMDEBSTRAP

FAILS = f'case "$*" in *unstable*) echo "E: Unable to connect to the mirror" >&2 && exit 25 ;; esac\n{MMDEBSTRAP}'


def built(machine) -> list[str]:
    """The calls that built it."""
    return [call for call in machine.calls("mmdebstrap") if " unstable " in call]


def test_the_tests_have_it_built_once(machine):
    machine.launch("shell", "true")
    assert built(machine) == []
    for _ in range(2):
        machine.launch("test", "--version")
    assert len(built(machine)) == 1
    assert "asterisk" in built(machine)[0]
    assert list(machine.cache.glob("building-*")) == []


def test_without_its_packages_the_launcher_says_so_and_goes_on(machine):
    machine.command("mmdebstrap", FAILS)
    _, _, err = machine.launch("test", "--version")
    assert "Unable to connect to the mirror" in err
    assert "so will the tests with Asterisk" in err
    assert list(machine.cache.glob("asterisk-*")) == list(machine.cache.glob("building-*")) == []
    machine.command("mmdebstrap", MMDEBSTRAP)
    assert "that failed" not in machine.launch("test", "--version")[2]
    assert len(list(machine.cache.glob("asterisk-*"))) == 1


def test_the_tests_that_need_it_fail_and_say_where_it_is_missing(monkeypatch):
    monkeypatch.setenv("TRUNKLINE_ASTERISK", "/nonexistent/asterisk-0")
    with pytest.raises(pytest.fail.Exception, match="no Asterisk at /nonexistent/asterisk-0"):
        asterisk.root()
