"""`trunkline ranges`: what a firewall on the other side has to let through."""

import click

from trunkline.cli.output import Answer, operation, table
from trunkline.contract import endpoints

_WORDS = {endpoints.TO: "to us", endpoints.FROM: "from us"}
_COLUMNS = ("what", "packets", "protocol", "our address", "our ports", "")


@operation(click, "ranges")
def command(services):
    """Print the addresses and ports of signalling and media, for the firewalls of PBXs and carriers.

    These are the addresses of the enabled endpoints; where there are none, those of this node's settings, whether it
    runs or not.
    """
    view = []
    for one in services.endpoints.published():
        rows = [
            (r.purpose, _WORDS[r.direction], r.protocol.upper(), r.address, r.ports, r.note)
            for r in endpoints.ranges(one)
        ]
        view += [f"Region {one.region}, endpoint {one.name}", table(_COLUMNS, rows), ""]
    return Answer(services.ranges.as_dict(), view[:-1])
