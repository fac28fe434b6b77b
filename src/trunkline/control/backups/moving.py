"""Everything from the SQLite database of the settings into an empty PostgreSQL one, while calls go on.

Who wants to write waits, for as long as SQLite lets anybody wait, and is then told to try again; nodes keep the records
of calls in their journals. When all is over there, the file refuses every change from then on, by triggers of its own,
whoever has it open: so nothing is written where nobody will look any more.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from pydantic import ValidationError

from trunkline.control import database
from trunkline.control.backups.contents import BackupError, Contents, tables
from trunkline.settings import Settings
from trunkline.settings.sections import Database
from trunkline.settings.urls import POSTGRESQL

TARGET = "target"  # alias of the connection to the database that is filled
PORTION = 2_000  # rows in memory at a time
TYPED = "the URL that was typed"
CLOSED = "closed_by_a_move"  # how the triggers' names begin
MADE_WITH_TABLES = {"changes_counter", "django_content_type", "auth_permission"}  # rows that migrations leave


def move(url: str, settings: Settings) -> Contents:
    """Fill the PostgreSQL database of a URL, and close the SQLite one; what was moved.

    Raises BackupError, DatabaseUnavailable; what is moved from is then open as before.
    """
    import psycopg  # it takes a moment, which no other command on SQLite shall wait for

    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        raise BackupError(
            f"{database.place()} is not SQLite: to move it, run `trunkline backup`, then `trunkline restore` with "
            "settings that name the other one"
        )
    if _closing():
        raise BackupError(
            f"{database.place()} was moved already: name the database that it was moved to in the settings"
        )
    target = _named(url, settings)
    where = _make_ready(target, settings)
    with _beside(target), database.plain_words(), transaction.atomic():  # nobody else writes until it ends
        _close(where)
        try:
            with transaction.atomic(using=TARGET):
                return _copy()
        except (Error, psycopg.Error) as error:
            said = " ".join(str(error).split())
            raise BackupError(f"{where} does not take it: {said}. Nothing was moved") from error


def reopen() -> bool:
    """Let an SQLite database be written that was moved; False when it was not closed."""
    names = _closing()
    with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for name in names:
            cursor.execute(f'DROP TRIGGER "{name}"')
    return bool(names)


def _named(url: str, settings: Settings) -> Settings:
    """The settings with the other database. Raises BackupError."""
    try:
        other = Database(url=url)
    except ValidationError:
        other = None
    if other is None or not url.startswith("postgres"):
        raise BackupError(f"write where to as {POSTGRESQL}")
    return settings.model_copy(update={"database": other})


def _make_ready(target: Settings, settings: Settings) -> str:
    """Make the tables of the target, and see that they are empty; its place in words. Raises BackupError."""
    from django.apps import apps

    try:
        database.setup(target)
        where = database.place()
        _refuse_others(where)
        database.migrate(TYPED)
        models = apps.get_models(include_auto_created=True)
        with database.plain_words(TYPED):
            counts = {m._meta.db_table: m._base_manager.count() for m in models}
    finally:
        database.setup(settings)
    if used := [f"{counts[name]} in {name}" for name in sorted(counts.keys() - MADE_WITH_TABLES) if counts[name]]:
        raise BackupError(f"{where} is not empty (rows: {', '.join(used)}): make another with createdb, and name it")
    return where


def _refuse_others(where: str) -> None:
    """See that no other program keeps its tables there, before ours are among them. Raises BackupError."""
    with database.plain_words(TYPED):
        others = set(connections[DEFAULT_DB_ALIAS].introspection.table_names()) - set(tables())
    if others:
        named = ", ".join(sorted(others)[:5])
        raise BackupError(f"{where} has tables that are not ours ({named}): make another with createdb, and name it")


@contextmanager
def _beside(target: Settings) -> Iterator[None]:
    """Within the block Django knows the other database as TARGET."""
    before = connections.settings
    connections.settings = {**before, TARGET: database.configured(target)}
    try:
        yield
    finally:
        connections[TARGET].close()
        del connections[TARGET]
        connections.settings = before


def _close(where: str) -> None:
    """Have SQLite refuse every change of a row from the end of this transaction on."""
    words = f"it {database.MOVED} {where}".replace("'", "''")
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        for table in tables():
            for event in ("INSERT", "UPDATE", "DELETE"):
                cursor.execute(
                    f'CREATE TRIGGER "{CLOSED}_{table}_{event}" BEFORE {event} ON "{table}" '
                    f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
                )


def _closing() -> list[str]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB %s", [f"{CLOSED}_*"])
        return [name for (name,) in cursor.fetchall()]


def _copy() -> Contents:
    """Every row, as it is, within transactions of both. Raises BackupError, Error, psycopg.Error."""
    from django.apps import apps

    from trunkline.control.changes.models import Counter

    models = apps.get_models(include_auto_created=True)
    there = connections[TARGET]
    with there.cursor() as cursor:
        for model in models:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608 - our names
        rows = {model._meta.db_table: _copy_table(cursor, model) for model in models}
        for statement in there.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    found = {model._meta.db_table: model._base_manager.using(TARGET).count() for model in models}
    counter = Counter.objects.get(pk=1)
    moved = Contents(rows, frozenset(), counter.identity, counter.sequence)
    if differences := moved.differences(Contents(found, frozenset(), "", 0)):
        raise BackupError(f"the copy differs from the database, in rows of {differences}. Nothing was moved")
    return moved


def _copy_table(cursor, model) -> int:
    """How many rows there are. Past Django's saving, which sets the times of making and changing anew."""
    from psycopg import sql

    fields, there = model._meta.concrete_fields, connections[TARGET]
    columns = sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), columns)
    source = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    with cursor.copy(statement) as copy:
        for row in source.iterator(PORTION):
            copy.write_row([field.get_db_prep_save(value, there) for field, value in zip(fields, row, strict=True)])
    return source.count()
