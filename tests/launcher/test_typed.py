"""What Trunkline is told of how it was called, for what it says to type next."""

import shlex

import pytest


@pytest.fixture
def called(machine):
    """`called(typed="./trunkline")`: the word for itself that a command of Trunkline finds."""
    assert machine.launch("prepare")[0] == 0
    python = machine.cache / machine.environments()[0] / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "${TRUNKLINE_TYPED-nothing}"\n')
    python.chmod(0o755)

    def launch(*words, **options):
        status, out, err = machine.launch(*(words or ["status"]), cwd=machine.clone, **options)
        assert (status, err) == (0, "")
        return out.strip()

    return launch


def test_it_is_the_path_that_was_typed(called, machine):
    assert called(typed="./trunkline") == "./trunkline"
    assert called(typed="../clone/trunkline") == "../clone/trunkline"
    assert called() == str(machine.clone / "trunkline")


def test_a_link_in_path_is_called_by_its_name(called, machine):
    (machine.root / "bin" / "trunkline").symlink_to(machine.clone / "trunkline")
    assert called(typed="trunkline") == "trunkline"
    assert called(typed="./trunkline") == "./trunkline"


@pytest.mark.parametrize("name", ["my clone", "it's here", "a$b"])
def test_a_path_that_a_shell_would_take_apart_is_quoted(called, machine, name):
    (machine.root / name).symlink_to(machine.clone)
    shown = called(typed=f"../{name}/trunkline")
    assert shown.startswith("'")
    assert shlex.split(shown) == [f"../{name}/trunkline"]


def test_sudo_is_typed_again(called, machine):
    machine.environment["SUDO_COMMAND"] = "./trunkline status"
    assert called(typed="./trunkline") == "sudo ./trunkline"
    machine.environment["SUDO_COMMAND"] = "/bin/bash"
    assert called(typed="./trunkline") == "./trunkline"


def test_a_shell_does_not_have_it(called):
    assert called("shell", "python") == "nothing"
