"""Nodes are upgraded one after the other: whatever a migration does, those of the version before it must go on.

They read by the columns that they know, insert rows without the others, and are refused when a value that they write is
no longer allowed. So a migration adds; what is no longer used is removed one version after that which stopped using it.
"""

import pytest
from django.db import migrations, models
from django.db.models import NOT_PROVIDED

# An index that goes costs old nodes time, but no row.
ADDS_NOTHING_TO_OLD_TABLES = (
    "CreateModel", "AddIndex", "RemoveIndex", "RunPython", "AlterModelManagers", "AlterModelOptions"
)  # fmt: skip
NO_RELEASE_YET = "made before the first release: there was no older node"

# (app, migration, what it does): why old nodes survive it
EXCEPTIONS = {
    ("changes", "0002_identity", "Add field identity to counter"): NO_RELEASE_YET,
    ("accounts", "0002_srtp", "Add field srtp to account"): NO_RELEASE_YET,
    ("accounts", "0003_numbers_at_most", "Add field numbers_at_most to account"): NO_RELEASE_YET,
    ("numbers", "0002_inventory", "Add field country to number"): NO_RELEASE_YET,
    ("numbers", "0002_inventory", "Add field kind to number"): NO_RELEASE_YET,
    ("numbers", "0002_inventory", "Add field monthly_cost to number"): NO_RELEASE_YET,
    (
        "numbers",
        "0002_inventory",
        "Alter field account on number",
    ): "an account may be missing where it had to be there",
    (
        "routes",
        "0002_refused",
        "Alter field carrier on route",
    ): "a carrier may be missing where it had to be there",
    (
        "endpoints",
        "0003_host",
        "Alter field host on endpoint",
    ): "it is unique no more by the database, but still by the service, in the same transaction",
    ("calls", "0002_media", "Add field media to call"): NO_RELEASE_YET,
    ("calls", "0002_media", "Add field media to attempt"): NO_RELEASE_YET,
}


def _is_additive(operation, made: set[str]) -> bool:
    """`made`: the models that the same migration makes, which no old node knows."""
    kind = type(operation).__name__
    if kind in ADDS_NOTHING_TO_OLD_TABLES or getattr(operation, "model_name", "").lower() in made:
        return True
    if kind == "AddField":  # Django's own `default` is not the database's: an old node's INSERT would be refused
        field = operation.field
        return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED
    return False


def _not_additive() -> set[tuple[str, str, str]]:
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from trunkline.control.database import APPS

    found = set()
    for (app, name), migration in MigrationLoader(connection).disk_migrations.items():
        made = {op.name.lower() for op in migration.operations if type(op).__name__ == "CreateModel"}
        if app in APPS:
            found |= {(app, name, op.describe()) for op in migration.operations if not _is_additive(op, made)}
    return found


def test_migrations_add_and_take_nothing_away(sqlite):
    found = _not_additive()
    assert found - EXCEPTIONS.keys() == set(), (
        "nodes of the version before would fail. Give the field a db_default or null=True, or remove it one version "
        "later; docs/deployment.md, Upgrading"
    )
    assert EXCEPTIONS.keys() - found == set(), "these are no exceptions any more"


TEXT = models.CharField(max_length=8, default="")
FAULTS = [
    migrations.AddField("call", "x", TEXT),
    migrations.AlterField("call", "x", TEXT),
    migrations.RemoveField("call", "x"),
    migrations.RenameField("call", "x", "y"),
    migrations.RenameModel("call", "y"),
    migrations.DeleteModel("call"),
    migrations.AlterModelTable("call", "y"),
    migrations.AddConstraint("call", models.UniqueConstraint(fields=["x"], name="y")),
    migrations.RunSQL("DROP TABLE x"),
]
ADDITIONS = [
    migrations.AddField("call", "x", models.CharField(max_length=8, db_default="")),
    migrations.AddField("call", "x", models.CharField(max_length=8, null=True)),
    migrations.AddIndex("call", models.Index(fields=["x"], name="y")),
    migrations.CreateModel("made", []),
    migrations.AddConstraint("made", models.UniqueConstraint(fields=["x"], name="y")),
]


@pytest.mark.parametrize("operation", FAULTS, ids=lambda op: op.describe())
def test_what_an_old_node_would_trip_over_is_seen(operation):
    assert not _is_additive(operation, {"made"})


@pytest.mark.parametrize("operation", ADDITIONS, ids=lambda op: op.describe())
def test_what_it_does_not_notice_is_allowed(operation):
    assert _is_additive(operation, {"made"})
