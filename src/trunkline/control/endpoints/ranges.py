"""What the firewalls of PBXs and carriers have to let through, of every endpoint that is published."""

from dataclasses import asdict
from itertools import groupby

from trunkline.contract import endpoints as contract
from trunkline.control.endpoints import services


def rows() -> list[contract.Range]:
    """Of all endpoints, those of one behind each other."""
    return [row for endpoint in services.published() for row in contract.ranges(endpoint)]


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


def as_text() -> str:
    """A range on each line, in columns that programs can read too: what, packets, protocol, our address, our ports."""
    lines = []
    for one in services.published():
        lines.append(f"# {services.domain()}: region {one.region}, endpoint {one.name}")
        lines += [f"{r.purpose} {r.direction}-us {r.protocol} {r.address} {r.ports}" for r in contract.ranges(one)]
    return "\n".join(lines) + "\n"
