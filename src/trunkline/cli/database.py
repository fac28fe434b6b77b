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

    Calls go on; their records wait. The SQLite file takes no more changes afterwards. Every user of this machine can
    read a password in the URL: PGPASSWORD and ~/.pgpass serve too.
    """
    found = services.moving.move(url, all_settings.load())
    rows = sum(found.rows.values())
    document = {"rows": dict(found.rows), "identity": found.identity, "sequence": found.sequence}
    said = [
        f"Moved and counted: {rows} rows in {len(found.rows)} tables, up to change {found.sequence}.",
        "The SQLite database takes no more changes. Write the URL as database.url into trunkline.toml, then say",
        "`trunkline database reconnect`: calls go on, and their records, which wait until then, follow.",
    ]
    return Answer(document, said)


@operation(command, "reopen", migrated=False)
def reopen(services):
    """Let the SQLite database of the settings be changed again after a move: the way back.

    What was written to the other one since is not in it.
    """
    opened = services.moving.reopen()
    return Answer({"reopened": opened}, ["It takes changes again." if opened else "It was open."])


@command.command()
def reconnect():
    """Have the parts of this node that use the database begin anew, with database.url as it is now. Calls go on."""
    from trunkline.node.supervise import Manager, NotRunning

    settings = all_settings.load()
    manager = Manager(Home(settings.home), timeout=60)
    try:
        parts = [process.name for process in manager.processes() if process.name in USERS]
        for name in parts:
            manager.restart(name)
    except NotRunning as error:
        raise click.ClickException(f"no node runs in {settings.home}: `trunkline up` starts one ({error})") from error
    saying.say(f"Begun anew: {', '.join(parts)}. `trunkline status` says how they fare.")
