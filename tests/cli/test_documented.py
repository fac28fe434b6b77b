"""docs/commands.md has every command and every option, and none that does not exist."""

import re
from pathlib import Path

import click
import pytest

from trunkline.cli.main import trunkline

TEXT = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
SECTIONS = {
    heading: body for heading, body in re.findall(r"^### `(.+?)`\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
}


def _commands(command, path):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from _commands(command.get_command(context, name), [*path, name])
    else:
        yield path, command


def _usage(path, command):
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    words = [p.human_readable_name if p.required else f"[{p.human_readable_name}]" for p in arguments]
    return " ".join([*path, *words])


COMMANDS = {_usage(path, command): command for path, command in _commands(trunkline, ["trunkline"])}


@pytest.mark.parametrize("usage", COMMANDS)
def test_a_command_has_its_section_with_exactly_its_options(usage):
    assert usage in SECTIONS, f"docs/commands.md has no heading '### `{usage}`'"
    options = [p for p in COMMANDS[usage].params if isinstance(p, click.Option)]
    names = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    listed = re.findall(r"^- (`.*?):", SECTIONS[usage], re.MULTILINE)
    assert set(re.findall(r"`(--?[a-z-]+)", " ".join(listed))) == names


def test_there_is_no_section_for_a_command_that_does_not_exist():
    assert set(SECTIONS) - set(COMMANDS) == set()


@pytest.mark.parametrize("usage", COMMANDS)
def test_a_command_and_its_options_explain_themselves(usage):
    command = COMMANDS[usage]
    assert command.help
    assert all(p.help for p in command.params if isinstance(p, click.Option))
