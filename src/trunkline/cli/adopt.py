"""`trunkline node adopt`: follow another database from now on."""

import sqlite3

import click

from trunkline import settings as all_settings
from trunkline.cli import saying, stores
from trunkline.contract import store
from trunkline.contract.feed import Database, Unavailable
from trunkline.home import Home


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask first.")
def adopt(yes: bool):
    """Refill the edge's store from the database of the settings, whether the node followed that one before or not.

    Without this command, a node that finds another database than before keeps what it has. Run it on each node.
    """
    settings = all_settings.load()
    home = Home(settings.home)
    with stores.writing(home) as connection:
        database, found = _found(settings)
        click.echo(f"The edge serves {_counted(*_served(connection))}; {database.place} has {_counted(*found)}.")
        if not yes:
            click.confirm("Shall the edge serve what this database has, and nothing else?", abort=True)
        store.set_wish(connection, database.identity)
    saying.say("The node takes everything from there, now or once it is up. `trunkline status` says when it is done.")


def _found(settings: all_settings.Settings) -> tuple[Database, tuple[int, int]]:
    """The database of the settings, and how many accounts and numbers in use it has."""
    from trunkline import control

    try:
        control.setup(settings)
        control.migrate()
        from trunkline.control import services
        from trunkline.control.feed import DatabaseFeed

        with control.database.plain_words():
            numbers = services.numbers.listing().filter(account__isnull=False)
            return DatabaseFeed().database(), (services.accounts.everyone().count(), numbers.count())
    except (control.DatabaseUnavailable, Unavailable) as error:
        raise click.ClickException(str(error)) from error
    finally:
        control.database.close()


def _served(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many accounts and numbers the edge knows."""
    query = "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM number)"
    return tuple(connection.execute(query).fetchone())


def _counted(accounts: int, numbers: int) -> str:
    return f"{accounts} account{'s' * (accounts != 1)} and {numbers} number{'s' * (numbers != 1)}"
