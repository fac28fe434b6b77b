"""The root of the command: finds the module of a sub-command, so that none pays for the imports of the others."""

import importlib

import click

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


class Commands(click.Group):
    """Loads a sub-command when it is asked for."""

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
@click.version_option(package_name=None, version=importlib.import_module("trunkline").__version__)
def trunkline():
    """SIP trunks between PBXs and telephone carriers."""


def main():
    """Run the command; a wrong setting ends it with the reason instead of a traceback."""
    try:
        trunkline(prog_name="trunkline")
    except SettingsError as error:
        raise SystemExit(f"trunkline: {error}") from None
