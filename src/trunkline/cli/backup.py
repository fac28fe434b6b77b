"""`trunkline backup`"""

from pathlib import Path

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.output import Answer, operation


@operation(click, "backup", migrated=False)
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Overwrite a file that exists already.")
@click.option(
    "--keep",
    type=Whole(1),
    metavar="N",
    help="PLACE is a folder, which is made if it does not exist: remove all but its N newest backups.",
)
def command(services, place, replace, keep):
    """Write the whole database to a file (in a folder: to one with the time in its name), and read it back.

    Calls and changes go on meanwhile; the file has everything as it was at one moment. Only its owner can read it, as
    secrets are in it.
    """
    if keep:
        _ensure_folder(place)
    target = services.backups.place_for(place)
    contents = services.backups.back_up(target, replace)
    gone = services.backups.prune(place, keep) if keep else []
    document = {"file": str(target), "bytes": target.stat().st_size, "identity": contents.identity}
    document |= {"sequence": contents.sequence, "rows": dict(contents.rows), "removed": [str(path) for path in gone]}
    rows = sum(contents.rows.values())
    view = [f"{target}: {rows} rows in {len(contents.rows)} tables, {document['bytes']} bytes, read back and whole."]
    return Answer(document, view + [f"{path}: removed." for path in gone])


def _ensure_folder(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise click.ClickException(f"--keep is for a folder, and {place} is not one") from error
    except OSError as error:
        raise click.ClickException(f"the folder {place} cannot be made: {error.strerror}") from error
