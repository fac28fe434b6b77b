"""PostgreSQL by its own pg_dump and pg_restore: a backup is an archive in pg_dump's custom format.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django.db import connections, transaction

from trunkline.control.backups import contents
from trunkline.control.backups.contents import BackupError, Contents
from trunkline.control.database import APPS, DJANGOS, JOURNAL_LOCK, SNAPSHOT, place, strange

MAGIC = b"PGDMP"

# Whoever was allowed to use a table is so afterwards: the dashboard may connect as another user than commands do.
_NOTE_RIGHTS = """
CREATE TEMP TABLE trunkline_rights ON COMMIT DROP AS
SELECT table_schema, table_name, grantee, privilege_type FROM information_schema.role_table_grants
WHERE table_name = ANY (string_to_array('{names}', ' ')) AND grantee <> grantor;
"""
_GIVE_RIGHTS = """
DO $$ DECLARE r record; BEGIN
    FOR r IN SELECT * FROM pg_temp.trunkline_rights LOOP
        IF to_regclass(format('%I.%I', r.table_schema, r.table_name)) IS NOT NULL THEN
            EXECUTE format('GRANT %s ON %I.%I TO %s', r.privilege_type, r.table_schema, r.table_name,
                           CASE r.grantee WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(r.grantee) END);
        END IF;
    END LOOP;
END $$;
"""


def dump(target: Path) -> Contents:
    """Archive our tables into `target`, as of one moment; what is in the database at that moment.

    Raises BackupError, django.db.Error.
    """
    with transaction.atomic(using=SNAPSHOT), connections[SNAPSHOT].cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        there = _there(cursor)
        rows = {name: _value(cursor, f'SELECT count(*) FROM "{name}"') for name in there}  # noqa: S608 - our names
        cursor.execute(f"SELECT app, name FROM {contents.MIGRATIONS}")  # noqa: S608 - constant
        applied = cursor.fetchall()
        cursor.execute(f"SELECT * FROM {contents.COUNTER}")  # noqa: S608 - constant
        counter = dict(zip((column.name for column in cursor.description), cursor.fetchone(), strict=True))
        chosen = [f"--table={name}" for name in there]
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        _run("pg_dump", *options, *chosen)
    return Contents(rows, contents.migrations(applied), counter.get("identity", ""), counter["sequence"])


def read(path: Path) -> Contents:
    """Look through a whole archive. Raises BackupError when it is damaged."""
    rows, applied, counter = {}, [], {}
    table, columns = "", []
    with _started("pg_restore", "--data-only", "--file=-", str(path), stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if not table and line.startswith(b"COPY "):
                table, columns = _copied(line.decode())
                rows[table] = 0
            elif table and line == b"\\.\n":
                table = ""
            elif table:
                rows[table] += 1
                if table in (contents.MIGRATIONS, contents.COUNTER):
                    row = dict(zip(columns, line.decode().rstrip("\n").split("\t"), strict=True))
                    applied += [(row["app"], row["name"])] if table == contents.MIGRATIONS else []
                    counter = row if table == contents.COUNTER else counter
        words = process.stderr.read().decode(errors="replace")
    if process.returncode or table:
        raise BackupError(f"{path} is damaged: {_last(words) or 'it ends too early'}. Take another backup")
    sequence = int(counter.get("sequence", 0))
    return Contents(rows, contents.migrations(applied), counter.get("identity", ""), sequence)


def load(path: Path, archive: Contents, sequence: int) -> None:
    """Put the archive's tables in the place of ours, in one transaction; the change log goes on at `sequence`.

    Others wait meanwhile, and then go on with the restored tables. Raises BackupError, and nothing has changed then.
    """
    names = sorted({*contents.tables(), *archive.rows, *_later()})
    drop = ", ".join(f'"{name}"' for name in names)
    # First what writers and shippers take first: each is then through or has not begun, and holds no other table.
    before = f"BEGIN; SELECT pg_advisory_xact_lock({JOURNAL_LOCK}); LOCK TABLE {contents.COUNTER};"
    before += _NOTE_RIGHTS.format(names=" ".join(names))
    before += f"DROP TABLE IF EXISTS {drop} CASCADE;\n"
    # pg_restore has emptied the search path by then.
    after = f"DELETE FROM public.changes_change; UPDATE public.{contents.COUNTER} SET sequence = {sequence};"  # noqa: S608
    with _started(
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--file=-",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as psql:
        try:
            psql.stdin.write(before.encode())
            with _started("pg_restore", *_OPTIONS, "--file=-", str(path), stdout=subprocess.PIPE) as archived:
                shutil.copyfileobj(archived.stdout, psql.stdin)
                words = archived.stderr.read().decode(errors="replace")
            if not archived.returncode:  # or psql ends without a COMMIT
                psql.stdin.write(f"{after}{_GIVE_RIGHTS}COMMIT;\n".encode())
            psql.stdin.close()
        except BrokenPipeError:
            words, archived = "", None
        failed = psql.stderr.read().decode(errors="replace")
    if psql.returncode or archived is None or archived.returncode:
        raise BackupError(f"the database is unchanged: {_last(failed) or _last(words)}. Try again when that is mended")


_OPTIONS = ("--no-owner", "--no-privileges")


def _there(cursor) -> list[str]:
    names = connections[SNAPSHOT].introspection.table_names(cursor)
    there = sorted(set(contents.tables()) & set(names))
    if not {contents.MIGRATIONS, contents.COUNTER} <= set(there):
        raise BackupError(f"{place()} has no tables yet: there is nothing to back up")
    return there


def _later() -> set[str]:
    """The tables of a later Trunkline that is left: its next migration would find them in its way."""
    connection = connections[SNAPSHOT]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {contents.MIGRATIONS}")  # noqa: S608 - constant
        applied = cursor.fetchall()
        if not strange(contents.migrations(applied)):  # what else is there may be somebody else's
            return set()
        apps = {*APPS, *(app for app, _ in applied)} - {name.rpartition(".")[2] for name in DJANGOS}
        names = connection.introspection.table_names(cursor)
    return {name for name in names if name.startswith(tuple(f"{app}_" for app in apps))}


def _value(cursor, query: str) -> int:
    cursor.execute(query)
    return cursor.fetchone()[0]


def _copied(line: str) -> tuple[str, list[str]]:
    """The table and the columns of `COPY public.name (a, b) FROM stdin;`."""
    name, _, rest = line.removeprefix("COPY ").partition(" (")
    return name.rpartition(".")[2].strip('"'), [column.strip('"') for column in rest.partition(")")[0].split(", ")]


def _run(program: str, *options: str) -> None:
    with _started(program, *options) as process:
        words = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise BackupError(f"{program} failed: {_last(words)}")


def _started(program: str, *options: str, **pipes) -> subprocess.Popen:
    try:
        return subprocess.Popen([_found(program), *options], stderr=subprocess.PIPE, env=_environment(), **pipes)
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not installed here: it is in Debian's package postgresql-client") from error


def _found(program: str) -> str:
    """The newest one's own path: Debian's wrapper chooses by the machine's clusters, which need not be ours."""
    versions = Path("/usr/lib/postgresql").glob("[0-9]*")
    newest = sorted((folder for folder in versions if (folder / "bin" / program).exists()), key=lambda f: int(f.name))
    return str(newest[-1] / "bin" / program) if newest else program


def _environment() -> Mapping[str, str]:
    """libpq's variables for the database of the settings: a password on a command line could be read by anybody."""
    database = connections.settings[SNAPSHOT]
    names = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    given = {variable: str(database[key]) for variable, key in names.items() if database[key]}
    for option, value in database["OPTIONS"].items():
        if variable := _variables().get(option):
            given[variable] = str(value)
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, **given}


def _variables() -> Mapping[str, str]:
    """The environment variable of each of libpq's options that has one."""
    from psycopg import pq

    return {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}


def _last(words: str) -> str:
    """What a program said is wrong."""
    lines: Sequence[str] = [line.strip() for line in words.splitlines() if line.strip()]
    errors: Iterator[str] = (line for line in lines if "error" in line.lower())
    return next(errors, lines[-1] if lines else "").rstrip(".")
