"""`trunkline dns`: the records by which PBXs find the endpoints."""

import click

from trunkline import settings as all_settings
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, operation
from trunkline.dns import plan as plans
from trunkline.dns import zone as zones
from trunkline.dns.server import Server, ServerError, read_key
from trunkline.home import Home


@click.group(cls=Group)
def command():
    """DNS: NAPTR, SRV and address records of the endpoints, as a zone file or written to a name server."""


@operation(command)
def zone(services):
    """Print the records of the endpoints, as in a zone file."""
    settings = all_settings.load()
    records = _desired(services, settings)
    lines = [
        f"{name} {records[name, kind].ttl} IN {kind.name} {record}"
        for name, kind in sorted(records)
        for record in sorted(map(str, records[name, kind]))
    ]
    document = {"zone": settings.dns_zone, "records": lines}
    return Answer(document, raw="".join(f"{line}\n" for line in lines))


@operation(command)
def plan(services):
    """Show what apply would change at the name server: records to remove (-) and to add (+)."""
    settings, _, existing, desired = _both(services)
    return _shown(settings, plans.plan(existing, desired), done=False)


@operation(command)
@click.option("--yes", is_flag=True, help="Do it. Without it, the changes are only shown.")
@click.option("--force", is_flag=True, help="Do it even if more than half of the records go, or one that is not ours.")
def apply(services, yes, force):
    """Write the endpoints' records to the name server, in one update that is done as a whole or not at all."""
    settings, its, existing, desired = _both(services)
    changes = plans.plan(existing, desired)
    try:
        if not force:
            plans.check(existing, desired, zones.foreign(existing, settings.sip.domain))
        if yes and changes:
            its.update(changes)
    except (plans.Unsafe, ServerError) as error:
        raise click.ClickException(str(error)) from error
    return _shown(settings, changes, done=yes)


def server(settings: all_settings.Settings, home: Home) -> Server:
    """The name server of the settings. Raises click.ClickException."""
    if not settings.dns.primary:
        raise click.ClickException("no name server is set to write to: set dns.primary, or use what `dns zone` prints")
    try:
        key = read_key(home.dns_key)
    except ServerError as error:
        raise click.ClickException(str(error)) from error
    return Server(settings.dns.primary, settings.dns.primary_port, settings.dns_zone, key)


def _both(services) -> tuple:
    """The settings, the name server, and what it has and should have."""
    settings = all_settings.load()
    desired = _desired(services, settings)
    its = server(settings, Home(settings.home))
    wanted = zones.names(services.endpoints.published(), settings.sip.domain, settings.dns_zone)
    try:
        return settings, its, its.existing(settings.sip.domain, wanted), desired
    except ServerError as error:
        raise click.ClickException(str(error)) from error


def _desired(services, settings: all_settings.Settings) -> zones.Records:
    if f".{settings.sip.domain}".endswith(f".{settings.dns_zone}"):
        return zones.records(services.endpoints.published(), settings.sip.domain, settings.dns_zone, settings.dns.ttl)
    raise click.ClickException(f"sip.domain {settings.sip.domain} does not lie in dns.zone {settings.dns_zone}")


def _shown(settings: all_settings.Settings, changes: list[plans.Change], *, done: bool) -> Answer:
    lines = [line for change in changes for line in change.lines()]
    if not lines:
        said = f"The zone {settings.dns_zone} has what it should have."
    elif done:
        said = f"Done: {len(lines)} records of the zone {settings.dns_zone}."
    else:
        said = "Nothing is changed yet: `trunkline dns apply --yes` does it."
    return Answer({"zone": settings.dns_zone, "changes": lines, "done": done and bool(lines)}, [*lines, said])
