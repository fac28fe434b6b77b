"""`trunkline restore`"""

from pathlib import Path

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer, operation


@operation(click, "restore", migrated=False)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Restore even if the database is not empty: everything in it is lost.")
def command(services, file, replace):
    """Put a backup in place of the database of the settings, and bring it up to this version's schema.

    Nodes may run meanwhile: calls go on, and each node takes everything from the restored database by itself.
    """
    contents = services.backups.restore(file, all_settings.load(), replace)
    rows = sum(contents.rows.values())
    document = {"file": str(file), "identity": contents.identity, "rows": dict(contents.rows)}
    said = f"Restored from {file}: {rows} rows in {len(contents.rows)} tables."
    then = "Nodes that followed this database or a copy of it go on by themselves; others need `trunkline node adopt`."
    return Answer(document, [said, then])
