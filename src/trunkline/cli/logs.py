"""`trunkline logs`"""

import click

from trunkline import settings as all_settings
from trunkline.cli.amounts import Whole
from trunkline.home import Home
from trunkline.node import logs
from trunkline.node.part import stop_on_signal


@click.command("logs")
@click.argument("part", required=False)
@click.option("-f", "--follow", is_flag=True, help="Show new lines as they come, until Ctrl-C.")
@click.option("-n", "--lines", default=50, show_default=True, type=Whole(0), help="How many of the last lines to show.")
def command(part: str | None, follow: bool, lines: int):
    """Show the log of PART (kamailio, rtpengine, follow, ...), or of every part."""
    folder = Home(all_settings.load().home).log
    known = logs.parts(folder)
    if part and part not in known:
        raise click.ClickException(
            f"there is no log of {part!r}; "
            + (f"there are logs of {', '.join(known)}" if known else "run `trunkline up` first")
        )
    chosen = {name: folder / f"{name}.log" for name in ([part] if part else known)}
    for name, path in chosen.items():
        for line in logs.tail(path, lines):
            _print(name, line, labelled=not part)
    if follow:
        stop = stop_on_signal()
        for name, line in logs.follow(chosen, stop.is_set):
            _print(name, line, labelled=not part)


def _print(name: str, line: str, labelled: bool) -> None:
    click.echo(f"{name}: {line}" if labelled else line)
