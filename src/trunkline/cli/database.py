"""`trunkline database`: from SQLite to PostgreSQL, and a node's way from one to the other."""

import click

from trunkline import settings as all_settings
from trunkline.cli import saying
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, operation
from trunkline.home import Home

USERS = ("ship", "follow", "publish", "beat", "web", "jobs")  # the parts of a node that have the database open


@click.group("database", cls=Group)
def command():
    """Where the control plane keeps what it knows."""


@operation(command, "move")
@click.argument("url")
def move(services, url):
    """Move everything from the SQLite database of the settings to an empty PostgreSQL one.

    Calls go on; their records wait. Afterwards the SQLite file takes no more changes. Every user of this machine can
    read a password in the URL; you can use PGPASSWORD or ~/.pgpass instead.
    """
    found = services.moving.move(url, all_settings.load())
    rows = sum(found.rows.values())
    document = {"rows": dict(found.rows), "identity": found.identity, "sequence": found.sequence}
    said = [
        f"Moved and counted: {rows} rows in {len(found.rows)} tables, up to change {found.sequence}.",
        "The SQLite database takes no more changes. Write the URL as database.url into trunkline.toml, then run",
        "`trunkline database reconnect`. Calls go on; their records wait until then.",
    ]
    return Answer(document, said)


@operation(command, "reopen", migrated=False)
def reopen(services):
    """Let the SQLite database of the settings be changed again after a move: the way back.

    It lacks what was written to the other database since the move.
    """
    opened = services.moving.reopen()
    return Answer({"reopened": opened}, [f"The SQLite database takes changes{' again' * opened}."])


@command.command()
def reconnect():
    """Restart the parts of this node that use the database, with database.url as it is now. Calls go on."""
    from trunkline.node.supervise import Manager, NotRunning

    settings = all_settings.load()
    manager = Manager(Home(settings.home), timeout=60)
    try:
        parts = [process.name for process in manager.processes() if process.name in USERS]
        for name in parts:
            manager.restart(name)
    except NotRunning as error:
        raise click.ClickException(f"no node runs in {settings.home}: `trunkline up` starts one ({error})") from error
    saying.say(f"Restarted: {', '.join(parts)}. `trunkline status` says whether they work.")
