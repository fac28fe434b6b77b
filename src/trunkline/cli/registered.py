"""`trunkline node registered`: the PBXs that can be called at `sip:KEY@DOMAIN`."""

import sqlite3
from dataclasses import asdict

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer, show, table
from trunkline.home import Home
from trunkline.node import registrations

_COLUMNS = ("key", "account", "source", "user_agent", "seconds", "path")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def registered(as_json: bool):
    """List the PBXs that are registered: at this node, or with `cluster.address` at any."""
    home = Home(all_settings.load().home)
    try:
        found = [asdict(one) for one in registrations.listing(home.locations, home.store)]
    except sqlite3.Error as error:
        raise click.ClickException(f"{home.locations} cannot be read: {error}. `trunkline up` makes it") from error
    view = table(_COLUMNS, [[one[column] for column in _COLUMNS] for one in found], right=("seconds",))
    show(Answer(found, [view if found else "No PBX is registered."]), as_json)
