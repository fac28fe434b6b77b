"""`trunkline down`"""

import click

from trunkline import settings as all_settings
from trunkline.cli import saying
from trunkline.home import Home
from trunkline.node import part
from trunkline.node.launch import LeftoverError
from trunkline.node.stop import StopError, manager_pid, stop


@click.command("down")
def command():
    """Stop the node, and wait until it is down. Calls that are up lose their audio: to let them end first, use
    `trunkline node drain --wait`."""
    settings = all_settings.load()
    home = Home(settings.home)
    up = _calls_up(home)
    try:
        stopped = stop(settings, home)
    except (StopError, LeftoverError, PermissionError) as error:
        raise click.ClickException(f"the node is not down: {error}") from error
    click.echo("The node is down." if stopped else f"Nothing was running for {settings.home}.")
    if stopped and up:
        were = "1 call was" if up == 1 else f"{up} calls were"
        saying.say(
            f"{were} up, and without audio now, until a party hangs up. `trunkline node drain --wait` before "
            "`trunkline down` lets calls end first.",
            err=True,
        )


def _calls_up(home: Home) -> int:
    said = part.read_status(home.status("clear")) if manager_pid(home) else None
    return int((said or {}).get("up", 0))
