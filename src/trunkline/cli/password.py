"""A password that is typed or piped in. It is no option, as every process may read another's arguments."""

import sys

import click


def options(function):
    """--password-prompt and --password-stdin."""
    function = click.option(
        "--password-stdin", is_flag=True, help="Read the password from the first line of standard input."
    )(function)
    return click.option("--password-prompt", is_flag=True, help="Ask for the password.")(function)


def given(prompt: bool, stdin: bool, confirm: bool = False) -> str | None:
    """The password; None when neither was asked for. Raises click.UsageError."""
    if prompt and stdin:
        raise click.UsageError("say either --password-prompt or --password-stdin")
    if stdin:
        if not (typed := _first_line()):
            raise click.UsageError("standard input has no password: write it in the first line")
        return typed
    if not prompt:
        return None
    if not sys.stdin.isatty():
        raise click.UsageError(
            "there is no terminal to ask for the password: write it to standard input, and say --password-stdin"
        )
    return click.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)


def _first_line() -> str:
    """Of standard input. Raises click.UsageError for what is no text."""
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()  # what Python reads in an old locale may be none
    except UnicodeError:
        raise click.UsageError("the password on standard input is not UTF-8") from None
    return line
