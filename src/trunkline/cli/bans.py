"""`trunkline node bans, unban`: the addresses that this node's edge does not answer."""

from collections.abc import Callable
from dataclasses import asdict

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer, show, table
from trunkline.home import Home
from trunkline.node import bans, probes
from trunkline.settings import Settings
from trunkline.sip.uri import is_ip

_COLUMNS = ("address", "why", "seconds")


@click.command("bans")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool):
    """List the addresses that this node does not answer at present, and why."""
    settings = all_settings.load()
    try:
        found = [asdict(ban) for ban in _ask(settings, bans.listing, settings.limits.ban_seconds)]
    except bans.TooMany as error:
        raise click.ClickException(
            f"{error.count:,} addresses are banned, more than Kamailio can list. "
            "`trunkline node unban ADDRESS` ends the ban of one of them"
        ) from None
    view = table(_COLUMNS, [[one[column] for column in _COLUMNS] for one in found], right=("seconds",))
    show(Answer(found, [view if found else "No address is banned."]), as_json)


@click.command()
@click.argument("address")
def unban(address: str):
    """Answer ADDRESS again, before its ban is over."""
    address = address.strip().partition("/")[0].strip("[]")
    if not is_ip(address):
        raise click.ClickException("write an IP address, as `trunkline node bans` lists them")
    if not _ask(all_settings.load(), bans.end, address):
        raise click.ClickException(f"{address} is not banned here: `trunkline node bans` lists those that are")
    click.echo(f"{address} is answered again.")


def _ask[T](settings: Settings, question: Callable[..., T], *words: object) -> T:
    try:
        return question(Home(settings.home).kamailio_rpc, *words)
    except probes.Silent as error:
        raise click.ClickException(f"Kamailio: {error}. See `trunkline status`") from error


COMMANDS = (list_, unban)
