"""What has changed in `edge.db`, as the store itself notes it: whoever remembers answers forgets no more than that.

Triggers write a line for each row that comes, goes or changes, in the transaction that does it, so no writer can leave
one out. A line names a table and the key of the row; only the newest lines are kept. A reader that finds the last line
which it has seen knows all that came after; one that does not find it (it fell behind, or the store was made anew)
knows nothing and forgets everything.
"""
# ruff: noqa: S608 - the names in its SQL are constants of this module

import sqlite3
from typing import NamedTuple

KEPT = 250  # lines at least, and at most twice as many: what a worker reads in a third of a millisecond

KEYS = {
    # table -> what names a row in a line ({row} is NEW or OLD), as the edge asks for it; '' for the table as a whole
    "meta": "{row}.name",
    "account": "''",
    "credential": "{row}.key",
    "source": "''",
    "number": "{row}.e164",
    "carrier": "''",
    "route": "''",
    "resolution": "{row}.host || ' ' || {row}.port || ' ' || {row}.transport",
}
# Renewals of the same answer come all the time, and concern nobody.
_CHANGED = {"resolution": "WHEN NEW.targets IS NOT OLD.targets OR NEW.problem IS NOT OLD.problem"}

# The first line has a number that no other store's has, so that a reader of an earlier one cannot take it for that.
_TABLE = f"""
CREATE TABLE touched (
    n    INTEGER PRIMARY KEY,
    part TEXT NOT NULL,                 -- the table
    key  TEXT NOT NULL                  -- of the row; '': any row of it
);
INSERT INTO touched VALUES (abs(random() >> 16), '', '');
CREATE TRIGGER touched_kept AFTER INSERT ON touched WHEN NEW.n % {KEPT} = 0 BEGIN
    DELETE FROM touched WHERE n <= NEW.n - {KEPT};
END;
"""


class Touched(NamedTuple):
    part: str
    key: str


def schema() -> str:
    """The table of lines, and the triggers that write them."""
    return _TABLE + "".join(_triggers(table, key) for table, key in KEYS.items())


def last(connection: sqlite3.Connection) -> int:
    """The number of the newest line."""
    return connection.execute("SELECT max(n) FROM touched").fetchone()[0]


def since(connection: sqlite3.Connection, seen: int) -> tuple[int, list[Touched]] | None:
    """The number of the newest line and the lines after `seen`, of one moment; None when it is not known what was
    touched since."""
    rows = connection.execute("SELECT n, part, key FROM touched WHERE n >= ? ORDER BY n", (seen,)).fetchall()
    if not rows or rows[0][0] != seen:
        return None
    return rows[-1][0], [Touched(part, key) for _, part, key in rows[1:]]


def _triggers(table: str, key: str) -> str:
    events = {
        "INSERT": ("", ["NEW"]),
        "DELETE": ("", ["OLD"]),
        "UPDATE": (_CHANGED.get(table, ""), ["OLD", "NEW"]),
    }
    return "".join(
        f"CREATE TRIGGER {table}_{event.lower()}_touched AFTER {event} ON {table} {condition} BEGIN\n"
        "    INSERT INTO touched (part, key) "
        + " UNION ".join(f"SELECT '{table}', {key.format(row=row)}" for row in rows)  # UNION: one line for one key
        + ";\nEND;\n"
        for event, (condition, rows) in events.items()
    )
