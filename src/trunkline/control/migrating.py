"""Django's `migrate`, with each migration done as a whole or not at all."""

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor


class WholeExecutor(MigrationExecutor):
    """Django commits a migration with deferred statements, and notes in a second transaction that it is applied. Who is
    stopped in between (Ctrl-C, a full disk, a power cut) is told for ever that a table or column already exists."""

    def apply_migration(self, state, migration, *arguments, **options):
        if not migration.atomic:
            return super().apply_migration(state, migration, *arguments, **options)
        # SQLite's schema editor wants its checks off, and within a transaction they stay as they are.
        with self.connection.constraint_checks_disabled(), transaction.atomic(using=self.connection.alias):
            return super().apply_migration(state, migration, *arguments, **options)


def apply() -> None:
    """Raises django.db.Error."""
    migrate.MigrationExecutor = WholeExecutor  # the command has no other way to be given one
    call_command("migrate", verbosity=0, interactive=False)
