"""How commands speak: what to type next as it can be typed here, and every error as `trunkline: sentence.`"""

import os
import re

import click

TYPED = "TRUNKLINE_TYPED"  # the launcher's environment variable: how it was called, like `./trunkline`
_COMMAND = re.compile(r"(?:(?<=`)|(?<=[:;] ))trunkline (?=[a-z])")


def name() -> str:
    """What the reader types for `trunkline`."""
    return os.environ.get(TYPED) or "trunkline"


def typeable(text: str) -> str:
    """A text with its commands, "`trunkline status`" or "with: trunkline status", as the reader types them."""
    return _COMMAND.sub(lambda _: f"{name()} ", text)


def say(text: str, err: bool = False) -> None:
    click.echo(typeable(text), err=err)


def complain(error: Exception | str) -> None:
    """Tell of an error; of a command line that makes no sense with its usage above."""
    text = str(error)
    if isinstance(error, click.ClickException):
        text = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx:
        click.echo(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n", err=True)
    if isinstance(error, click.UsageError | click.FileError):
        # The library's sentences begin in capitals, and list choices on lines of their own.
        text = " ".join(f"{text[:1].lower()}{text[1:]}".split())
    say(f"trunkline: {text}{'' if text.endswith(('.', '?', '?)', '!')) else '.'}", err=True)
