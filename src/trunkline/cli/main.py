"""The root of the command: finds the module of a sub-command, so that none pays for the imports of the others."""

import importlib
import sys

import click

from trunkline.cli import saying
from trunkline.cli.groups import Group
from trunkline.settings import SettingsError

COMMANDS = {
    # name -> module under trunkline.cli; each defines `command`
    "up": "up",
    "down": "down",
    "status": "status",
    "logs": "logs",
    "check": "check",
    "ranges": "ranges",
    "account": "account",
    "key": "key",
    "number": "number",
    "pbx": "pbx",
    "user": "user",
    "carrier": "carrier",
    "route": "route",
    "endpoint": "endpoint",
    "dns": "dns",
    "calls": "calls",
    "audit": "audit",
    "backup": "backup",
    "restore": "restore",
    "database": "database",
    "node": "node",
    "sandbox": "sandbox",
}


class Commands(Group):
    """Loads a sub-command when it is asked for."""

    def main(self, *args, standalone_mode: bool = True, **extra):
        """The library's own, but for how errors are told; a wrong setting is one."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        try:
            status = super().main(*args, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            status = error.exit_code
        except click.ClickException as error:
            saying.complain(error)
            status = error.exit_code
        except SettingsError as error:
            saying.complain(error)
            status = 1
        except click.Abort as error:
            asked = error.__cause__ is None  # and the answer was no, or there was none, and so no end of that line
            if asked:
                click.echo(err=True)
            saying.complain("nothing is done" if asked else "interrupted")
            status = 1
        sys.exit(status)

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"trunkline.cli.{COMMANDS[name]}").command

    def resolve_command(self, ctx, args):
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:  # click looks for a similar one among those that are loaded
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None


@click.command(cls=Commands)
@click.version_option(prog_name="trunkline", version=importlib.import_module("trunkline").__version__)
def trunkline():
    """SIP trunks between PBXs and telephone carriers."""


def main():
    trunkline(prog_name=saying.name())
