"""`trunkline node list, drain, undrain, invite, join, forget`: the machines of a service."""

import time
from pathlib import Path

import click

from trunkline import settings as all_settings
from trunkline.cli import saying, stores
from trunkline.cli.output import Answer, operation, table
from trunkline.contract import store
from trunkline.home import Home

PAUSE = 2.0  # s between two looks
IN_FORCE = 1.0  # s in which the edge obeys, and what it let in before is in its journal
SILENT = 15.0  # s without a word of the part `clear`, which gives one a second
_COLUMNS = ("name", "region", "state", "addresses", "calls", "load", "version", "seen")


@operation(click, "list")
def list_(services):
    """List the nodes: what each last reported, and when."""
    found = [services.nodes.as_dict(node) for node in services.nodes.everyone()]
    view = [table(_COLUMNS, [[one[column] for column in _COLUMNS] for one in found], right=("calls", "load"))]
    for one in found:
        view += [f"{one['name']}: {part}: {words}" for part, words in one["problems"].items()]
        view += [f"{one['name']} has been told to {one['order']}" for _ in range(bool(one["order"]))]
    none = "No node has reported yet: each does a few seconds after its start."
    return Answer(found, view if found else [none])


@click.command()
@click.argument("name", required=False)
@click.option("--wait", is_flag=True, help="Return when no call is up or rings any more; for this node only.")
def drain(name, wait):
    """Take no new calls on this node, or on the one named: calls that are up go on to their end.

    INVITE, REGISTER and OPTIONS to it get 503, so that PBXs, carriers and DNS go elsewhere.
    """
    settings, here = _order(name, True)
    if wait and here:
        _wait(Home(settings.home))


@click.command()
@click.argument("name", required=False)
def undrain(name):
    """Take calls again on this node, or on the one named."""
    _order(name, False)


def _order(name: str | None, on: bool) -> tuple[all_settings.Settings, bool]:
    """Drain or undrain; whether it was this node. Its own store is enough for that, without any database."""
    settings = all_settings.load()
    home = Home(settings.home)
    if name not in (None, settings.node.name):
        _order_another(settings, name, on)
        return settings, False
    with stores.writing(home) as connection:
        store.set_draining(connection, on)
    click.echo(f"Node {settings.node.name} takes {'no new calls' if on else 'calls again'}.")
    return settings, True


def _order_another(settings: all_settings.Settings, name: str, on: bool) -> None:
    from trunkline import control

    control.setup(settings)
    try:
        control.migrate()
        from trunkline.control import services

        with control.database.plain_words():
            services.nodes.drain(services.nodes.get(name), on)
    except control.ServiceError as error:
        raise click.ClickException(str(error)) from error
    finally:
        control.database.close()
    what = "no new calls" if on else "calls again"
    saying.say(f"Node {name} has been told to take {what}; `trunkline node list` shows when it does.")


def _wait(home: Home) -> None:
    """Return when the part `clear` knows of no call any more, by a word that it gave after the order was in force."""
    from trunkline.node import part
    from trunkline.node.stop import manager_pid

    began = time.time()
    while manager_pid(home):
        said = part.read_status(home.status("clear")) or {}
        heard = max(said.get("time", 0.0), began)
        if time.time() - heard > SILENT:
            raise click.ClickException(
                "whether a call is up is not known, as the node's part `clear` does not run: see `trunkline status`"
            )
        up, ringing = int(said.get("up", 0)), int(said.get("ringing", 0))
        if not up + ringing and heard > began + IN_FORCE:
            break
        if up + ringing:
            click.echo(f"{up} call{'s' * (up != 1)} up{f', {ringing} ringing' if ringing else ''}")
        time.sleep(PAUSE)
    click.echo("No call is up.")


@operation(click, "forget")
@click.argument("name")
def forget(services, name):
    """Take a node that is gone for good off the list."""
    services.nodes.forget(services.nodes.get(name))
    return Answer({"forgotten": name}, [f"Node {name} is off the list."])


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--region", default="", help="Where it is, like eu-west; this node's region unless given.")
@click.option("--address", default="", help="IP address that it listens on; that of its default route unless given.")
@click.option("--cluster-address", default="", help="IP address at which it hears other nodes, if this node has one.")
def invite(name, file, region, address, cluster_address):
    """Write FILE, by which another machine becomes node NAME of this service. It holds the service's secrets."""
    from trunkline.node import invitation, secrets

    settings = all_settings.load()
    try:
        invitation.write(file, settings, Home(settings.home), name, region, address, cluster_address)
    except (invitation.InvitationError, secrets.SecretsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    saying.say(f"Bring {file} to the other machine, and there: trunkline node join {file.name}; trunkline up --detach")
    click.echo("The service's secrets are in it: delete it once it has been used.")
    if invitation.database_is_local(settings):
        click.echo(
            "database.url names this machine as localhost, which would be that machine there: before `up`, write into "
            "its settings an address at which it reaches the database."
        )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def join(file):
    """Make this machine the node that FILE invites: its settings, secrets and certificate authority."""
    from trunkline.node import invitation

    home = Home(all_settings.home_folder())
    try:
        name = invitation.take(file, home)
    except (invitation.InvitationError, OSError) as error:
        raise click.ClickException(str(error)) from error
    saying.say(f"{home.root} is node {name}. Start it with: trunkline up --detach. Then delete {file}.")
    if file.stat().st_mode & 0o077:
        click.echo(f"{file} is open to others, and the service's secrets are in it: delete it now.")


COMMANDS = (list_, drain, undrain, forget, invite, join)
