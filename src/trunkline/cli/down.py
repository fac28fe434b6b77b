"""`trunkline down`"""

import click

from trunkline import settings as all_settings
from trunkline.home import Home
from trunkline.node.launch import LeftoverError
from trunkline.node.stop import StopError, stop


@click.command("down")
def command():
    """Stop the node, and wait until it is down. Calls in progress end."""
    settings = all_settings.load()
    try:
        stopped = stop(settings, Home(settings.home))
    except (StopError, LeftoverError, PermissionError) as error:
        raise click.ClickException(f"the node is not down: {error}") from error
    click.echo("The node is down." if stopped else f"Nothing was running for {settings.home}.")
