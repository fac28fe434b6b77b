"""`trunkline ranges`: what a firewall on the other side has to let through."""

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer, show, table
from trunkline.settings import ranges


@click.command("ranges")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool):
    """Print the addresses and ports of signalling and media, for the firewalls of PBXs and carriers.

    They are those of this node's settings, be it running or not.
    """
    settings = all_settings.load()
    found = ranges.of(settings)
    words = {ranges.TO: "to us", ranges.FROM: "from us"}
    rows = [(r.purpose, words[r.direction], r.protocol.upper(), r.address, r.ports, r.note) for r in found]
    head = f"Region {settings.node.region}, node {settings.node.name}"
    columns = ("what", "packets", "protocol", "our address", "our ports", "")
    show(Answer(ranges.as_dict(settings), [head, table(columns, rows)]), as_json)
