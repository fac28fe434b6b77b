"""What commands share: an operation on the services, and its answer as calm text or as one JSON document."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps

import click

from trunkline.cli import saying
from trunkline.settings import SettingsError, load
from trunkline.sip.uri import is_ip

NOT_A_TERMINAL_WIDTH = 10_000  # columns; a pipe or a file shall get whole lines


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: `document` for --json, `view` (texts, tables) for people, `raw` text as it is instead
    of the view. `left_out` says that a list is not whole; beside a document or raw text it is on standard error.
    `failed` makes the exit status 1."""

    document: object
    view: Sequence[object] = ()
    raw: str | None = None
    left_out: str = ""
    failed: bool = False


def operation(group, name: str | None = None, migrated: bool = True, changes: bool = False) -> Callable:
    """Make `function(services, **options) -> Answer` a command of a group, with --json; of none, for `click` itself.

    The database is made and brought up to date first, so that commands also work before the first `up`; not where
    `migrated` is False, for those that take it as it is. One that `changes` things by its options wants at least one.
    Errors of the services and settings become one sentence, or {"error": ...}, and exit status 1.
    """

    def decorate(function: Callable[..., Answer]) -> click.Command:
        @wraps(function)
        def run(as_json: bool, **options) -> None:
            try:
                _check_readable(options)
                if changes:
                    _check_given(options)
                answer = _perform(function, options, migrated)
            except _Refused as error:
                _complain(str(error), as_json)
                raise SystemExit(1) from None
            show(answer, as_json)
            if answer.failed:
                raise SystemExit(1)

        option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
        return group.command(name or function.__name__)(option(run))

    return decorate


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()):
    """A table of values, headed by the names of its columns; those in `right` align to the right."""
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(_title(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*map(_cell, row))
    return grid


def facts(pairs: Iterable[tuple[str, object]]):
    """Names and values of one thing, below each other."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(_title(name), _cell(value))
    return grid


def newest(found: list, limit: int) -> tuple[list, str]:
    """As many of the newest as are wanted, of a list that has one more where there are more; and what to say of it."""
    said = f"These are the newest {limit:,}; see more with --limit." if len(found) > limit else ""
    return found[:limit], said


def degrees(document: dict[str, object]) -> dict[str, object]:
    """The coordinates of a document for people: as they were typed, where other numbers are rounded."""
    return {name: str(value) for name in ("latitude", "longitude") if (value := document[name]) is not None}


def _title(name: str) -> str:
    """A name of a document's field, for people."""
    return name.replace("_", " ")


def text(value: object) -> str:
    """A value in words; what a terminal might take for an order is replaced, as some of it comes from strangers."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case float():
            return f"{value:.1f}"
        case list() | tuple():
            return ", ".join(map(text, value)) or "-"
    return "".join(character if character.isprintable() else "\ufffd" for character in str(value))


class _Refused(Exception):
    """The text is for the user."""


def _check_given(given: dict) -> None:
    """Raises _Refused for a change that changes nothing."""
    offered = [option for option in click.get_current_context().command.params if isinstance(option, click.Option)]
    names = {option.name: option.opts[0] for option in offered if option.name in given}
    if all(given[name] is None or given[name] is False or given[name] == () for name in names):  # but 0 is something
        raise _Refused(f"say what is to change: {', '.join(names.values())}")


def _check_readable(given: dict) -> None:
    """Raises _Refused for words that are not UTF-8, which no database takes; a path may be any."""
    for value in given.values():
        for word in value if isinstance(value, tuple) else (value,):
            if isinstance(word, str) and word.encode(errors="replace").decode() != word:
                raise _Refused(f"{text(word)!r} is not UTF-8: set your terminal to UTF-8, and type it again")


def _perform(function: Callable[..., Answer], options: dict, migrated: bool) -> Answer:
    try:
        settings = load()
    except SettingsError as error:
        raise _Refused(str(error)) from error
    from trunkline import control
    from trunkline.control.database import plain_words

    try:
        control.setup(settings)
        if migrated:
            control.migrate()
        from trunkline.control import services
        from trunkline.control.audit.actor import acting

        with plain_words(), acting(_actor()):
            return function(services, **options)
    except control.ServiceError as error:
        raise _Refused(str(error)) from error
    except click.ClickException as error:
        raise _Refused(error.format_message()) from error
    finally:
        control.database.close()


def _actor():
    """The person at the terminal, for the audit log: who became root by sudo, and where the SSH session comes from."""
    from trunkline.control.audit.actor import COMMAND_LINE, Actor

    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without an entry in passwd
        name = f"user {os.getuid()}"
    address = os.environ.get("SSH_CONNECTION", "").partition(" ")[0]
    return Actor(COMMAND_LINE, name[:254], address if is_ip(address) else "")


def _complain(error: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": saying.typeable(error)}))
    else:
        saying.complain(error)


def show(answer: Answer, as_json: bool) -> None:
    """Print what a command found."""
    if as_json:
        click.echo(json.dumps(answer.document, indent=2, default=_jsonable))
    elif answer.raw is not None:
        click.echo(answer.raw, nl=False)
    else:
        click.echo(_rendered(answer.view), nl=False)
    if answer.left_out:
        saying.say(answer.left_out, err=as_json or answer.raw is not None)


def _jsonable(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{value!r} has no JSON form")


def _rendered(view: Sequence[object]) -> str:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else NOT_A_TERMINAL_WIDTH, highlight=False)
    with console.capture() as capture:
        for part in view:
            console.print(Text(saying.typeable(part)) if isinstance(part, str) else part)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _cell(value: object):
    from rich.text import Text

    return Text(text(value))
