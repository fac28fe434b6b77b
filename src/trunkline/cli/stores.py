"""The edge's store, for commands that write to it beside the node's parts."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from trunkline.contract import store
from trunkline.home import Home


@contextmanager
def writing(home: Home) -> Iterator[sqlite3.Connection]:
    if not home.store.exists():
        raise click.ClickException(f"{home.root} has no node yet: `trunkline up` makes one")
    try:
        with closing(store.open_as_it_is(home.store)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise click.ClickException(
            f"{home.store} cannot be written: {error}. If it is being filled, try again in a minute; else see "
            "whether its disk is full or read-only"
        ) from error
