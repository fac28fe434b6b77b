"""`trunkline ranges`: what a firewall on the other side has to let through."""

from dataclasses import asdict

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer, show, table
from trunkline.node import ranges


@click.command("ranges")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool):
    """Print the addresses and ports of signalling and media, for the firewalls of PBXs and carriers.

    They are those of this node's settings, be it running or not.
    """
    settings = all_settings.load()
    found = ranges.of(settings)
    node = {"node": settings.node.name, "ranges": [asdict(one) for one in found]}
    document = {"domain": settings.sip.domain, "regions": [{"region": settings.node.region, "nodes": [node]}]}
    words = {ranges.TO: "to us", ranges.FROM: "from us"}
    rows = [(r.purpose, words[r.direction], r.protocol.upper(), r.address, r.ports, r.note) for r in found]
    head = f"Region {settings.node.region}, node {settings.node.name}"
    show(
        Answer(document, [head, table(("what", "packets", "protocol", "our address", "our ports", ""), rows)]), as_json
    )
