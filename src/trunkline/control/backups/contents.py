"""What is in a backup, as read back from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from trunkline.control.database import APPS
from trunkline.control.errors import ServiceError

MIGRATIONS, COUNTER = "django_migrations", "changes_counter"
SEQUENCES_APART = 1_000_000_000


class BackupError(ServiceError):
    """It cannot be backed up to there, or restored from that; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """`rows` of each table; the (app, name) of each migration of ours that its schema has; `identity` and `sequence`
    as in the change log, '' and 0 in a schema from before them."""

    rows: Mapping[str, int]
    migrations: frozenset[tuple[str, str]]
    identity: str
    sequence: int

    def differences(self, other: "Contents") -> str:
        """The tables whose rows differ in number, for people; '' when none does."""
        tables = sorted(self.rows.keys() | other.rows.keys())
        pairs = [(table, self.rows.get(table, 0), other.rows.get(table, 0)) for table in tables]
        return ", ".join(f"{table} {ours} and {theirs}" for table, ours, theirs in pairs if ours != theirs)


def tables() -> list[str]:
    """Every table of ours, as today's models have them."""
    from django.apps import apps

    return sorted({MIGRATIONS} | {model._meta.db_table for model in apps.get_models(include_auto_created=True)})


def migrations(rows) -> frozenset[tuple[str, str]]:
    """Ours among the (app, name) pairs of Django's table."""
    return frozenset((app, name) for app, name in rows if app in APPS)


def later_sequence(*sequences: int) -> int:
    """A sequence that no node can have followed to, whichever of these it is near: after a restore every node finds
    its own missing, and takes a snapshot. Without it, one that went back to an earlier state and has moved on since
    could be taken for one that merely moved on."""
    return (max(sequences) // SEQUENCES_APART + 1) * SEQUENCES_APART
