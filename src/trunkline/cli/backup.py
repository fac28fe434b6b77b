"""`trunkline backup`"""

from pathlib import Path

import click

from trunkline.cli.output import Answer, operation


@operation(click, "backup", migrated=False)
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of a file that is there.")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="In a folder: remove all but so many of the newest backups."
)
def command(services, place, replace, keep):
    """Write the whole database to a file, or in a folder to one with the time in its name, and read it back.

    Calls and changes go on meanwhile; the file has all of one moment. Only its owner can read it: secrets are in it.
    """
    if keep and not place.is_dir():
        raise click.ClickException(f"--keep is for a folder, and {place} is none")
    target = services.backups.place_for(place)
    contents = services.backups.back_up(target, replace)
    gone = services.backups.prune(place, keep) if keep else []
    document = {"file": str(target), "bytes": target.stat().st_size, "identity": contents.identity}
    document |= {"sequence": contents.sequence, "rows": dict(contents.rows), "removed": [str(path) for path in gone]}
    rows = sum(contents.rows.values())
    view = [f"{target}: {rows} rows in {len(contents.rows)} tables, {document['bytes']} bytes, read back and whole."]
    return Answer(document, view + [f"{path}: removed." for path in gone])
