"""`trunkline endpoint`: the places where PBXs reach the service."""

import click

from trunkline.cli import orders
from trunkline.cli.amounts import Degrees, Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, degrees, facts, operation, table
from trunkline.cli.places import PlaceType
from trunkline.sip.uri import is_ip

_CERTIFICATE = (
    "If PBXs verify certificates, run `trunkline node certificate` on each node: it adds the names to the certificate."
)
_COLUMNS = ("name", "host", "city", "region", "addresses", "port", "tls_port", "weight", "enabled")


@click.group(cls=Group)
def command():
    """Endpoints: where PBXs reach the service, where its calls and audio come from. A single node needs none."""


def _fields(function):
    for option in (
        click.option(
            "--weight", type=Whole(), help="Capacity in proportion to the others', 1 to 65535; by default 10."
        ),
        click.option("--media", multiple=True, help="NETWORK, or ADDRESS:MIN-MAX, of the audio; may be repeated."),
        click.option(
            "--source", "sources", multiple=True, help="Address or network that its calls come from; may be repeated."
        ),
        click.option("--tls-port", type=Whole(), help="TLS port; by default 5061."),
        click.option("--port", type=Whole(), help="UDP and TCP port; by default 5060."),
        click.option("--address", "addresses", multiple=True, help="IP address of the host; may be repeated."),
        click.option("--region", help="Where it is, like eu-west."),
        click.option("--longitude", type=Degrees(), help="Degrees; west is negative."),
        click.option("--latitude", type=Degrees(), help="Degrees; south is negative."),
        click.option("--city", help="Its city, for people to read."),
    ):
        function = option(function)
    return function


@operation(command)
@click.argument("name")
@click.argument("host")
@_fields
def add(services, name, host, **fields):
    """Make an endpoint at a host: a name that is or will be in DNS, or an IP address."""
    first = not services.endpoints.everyone().exists()
    endpoint = services.endpoints.add(name, host, **_given(fields))
    said = [f"Endpoint {name} is made."]
    if first:
        said.append("It is the first one: from now on endpoints are published instead of each node's own settings.")
    if not is_ip(endpoint.host):
        said.append(_CERTIFICATE)
    if not endpoint.media:
        said.append(
            "It has no addresses for audio, so firewall rules lack them. Add them with: "
            f"trunkline endpoint set {name} --media ADDRESS:MIN-MAX"
        )
    return Answer(services.endpoints.as_dict(endpoint), said)


@operation(command, "list")
def list_(services):
    """List the endpoints; what --json prints can be imported."""
    found = [services.endpoints.as_dict(endpoint) for endpoint in services.endpoints.everyone()]
    rows = [[endpoint[column] for column in _COLUMNS] for endpoint in found]
    none = "There is no endpoint: this node's own settings are published, as `trunkline ranges` prints them."
    return Answer(found, [table(_COLUMNS, rows, right=("port", "tls_port", "weight")) if found else none])


@operation(command)
@click.argument("name")
def show(services, name):
    """Show everything about an endpoint."""
    document = services.endpoints.as_dict(services.endpoints.get(name))
    shown = document | {"sources": document["sources"] or "the addresses"} | degrees(document)
    return Answer(document, [facts(shown.items())])


@operation(command, "set", changes=True)
@click.argument("name")
@click.option("--host", help="Host name, or IP address.")
@_fields
def set_(services, name, **fields):
    """Change an endpoint; what is not given stays. To change addresses, sources or media, give all of them."""
    endpoint = services.endpoints.change(services.endpoints.get(name), **_given(fields))
    renamed = not is_ip(endpoint.host) and {"host", "region", "addresses"} & _given(fields).keys()
    said = [f"Endpoint {name} is changed.", *([_CERTIFICATE] if renamed else [])]
    return Answer(services.endpoints.as_dict(endpoint), said)


@operation(command)
@click.argument("name")
def enable(services, name):
    """Publish an endpoint again."""
    endpoint = services.endpoints.change(services.endpoints.get(name), enabled=True)
    return Answer(services.endpoints.as_dict(endpoint), [f"Endpoint {name} is enabled."])


@operation(command)
@click.argument("name")
def disable(services, name):
    """No longer publish an endpoint; it still serves those who call it."""
    endpoint = services.endpoints.change(services.endpoints.get(name), enabled=False)
    return Answer(services.endpoints.as_dict(endpoint), [f"Endpoint {name} is disabled: it is no longer published."])


@operation(command)
@click.argument("name")
def remove(services, name):
    """Remove an endpoint."""
    services.endpoints.remove(services.endpoints.get(name))
    return Answer({"removed": name}, [f"Endpoint {name} is removed."])


@operation(command)
@click.option("--at", type=PlaceType(), help="Order by the distance from this place instead of measuring.")
@click.option("--account", help="Order by what the nodes measured to this account's PBX, or by its coordinates.")
@click.option("--pbx", help="IP address of the PBX, where the account has several.")
def nearest(services, at, account, pbx):
    """Order the endpoints by how near they are: measured from here by OPTIONS, or by the distance from a place.

    A PBX without SRV lookups shares its calls between the first two and keeps the others as backup.
    """
    if at and account or pbx and not account:
        raise click.UsageError("give --at, or --account (with it perhaps --pbx), or none of them to measure from here")
    if account:
        return orders.by_account(services, services.accounts.get(account), pbx)
    return orders.by_distance(services, at) if at else orders.by_round_trip(services)


@operation(command, "import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--only", is_flag=True, help="Remove the endpoints that are not in the file.")
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
def import_(services, file, only, dry_run):
    """Make the endpoints of a TOML or JSON file ('-': standard input): all of them or, with a single error, none.

    An endpoint that exists already becomes what the file says. deploy/examples/endpoints.toml has six.
    """
    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise click.UsageError("the file is not UTF-8: save it in that encoding") from error
    plan = services.endpoint_import.carry_out(services.endpoint_import.read(text), only=only, dry_run=dry_run)
    if plan.problems:
        error = "the file has errors, so nothing was written"
        document = {"error": error, "problems": [problem._asdict() for problem in plan.problems]}
        view = [table(("endpoint", "problem"), plan.problems), f"{error[0].upper()}{error[1:]}."]
        return Answer(document, view, failed=True)
    done = {name: getattr(plan, name) for name in ("added", "changed", "unchanged", "removed")}
    counts = ", ".join(f"{len(names)} {what}" for what, names in done.items())
    said = [f"{'It would be' if dry_run else 'Done'}: {counts}."]
    return Answer(done | {"dry_run": dry_run}, [*said, *([_CERTIFICATE] if plan.added or plan.changed else [])])


def _given(fields: dict) -> dict:
    """The options that were given; a list only where it has something."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items() if v not in (None, ())}
