"""What the firewalls of PBXs and carriers have to let through, of every endpoint that is published."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby

from trunkline.contract import endpoints as contract
from trunkline.control.endpoints import services


def rows(endpoints: Iterable[contract.Endpoint]) -> list[contract.Range]:
    """Those of one endpoint behind each other."""
    return [row for endpoint in endpoints for row in contract.ranges(endpoint)]


def as_dict() -> dict[str, object]:
    """The document of `trunkline ranges --json` and of the dashboard."""
    regions = []
    for region, group in groupby(services.published(), key=lambda endpoint: endpoint.region):
        found = [
            {"endpoint": one.name, "host": one.host, "ranges": [asdict(row) for row in contract.ranges(one)]}
            for one in group
        ]
        regions.append({"region": region, "endpoints": found})
    return {"domain": services.domain(), "regions": regions}


def as_text(endpoints: Iterable[contract.Endpoint]) -> str:
    """A range on each line, in columns that programs can read too: what, packets, protocol, our address, our ports."""
    lines = []
    for one in endpoints:
        lines.append(f"# {services.domain()}: region {one.region}, endpoint {one.name}")
        lines += [f"{r.purpose} {r.direction}-us {r.protocol} {r.address} {r.ports}" for r in contract.ranges(one)]
    return "\n".join(lines) + "\n"
