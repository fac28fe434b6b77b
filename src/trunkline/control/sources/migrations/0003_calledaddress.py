from itertools import batched

import django.db.models.deletion
from django.db import migrations, models

from trunkline.control.sources.called import addresses

PORTION = 500


def fill(apps, schema_editor):
    """From the lists that there are."""
    alias = schema_editor.connection.alias
    numbers = apps.get_model("numbers", "Number").objects.using(alias).filter(account__isnull=False).exclude(forward="")
    lists = numbers.order_by().values_list("account", "forward").distinct()
    found = {(account, address) for account, text in lists.iterator(10_000) for address in addresses(text)}
    called = apps.get_model("sources", "CalledAddress")
    rows = (called(account_id=account, address=address) for account, address in sorted(found))
    for portion in batched(rows, PORTION, strict=False):
        called.objects.using(alias).bulk_create(portion)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_numbers_at_most"),
        ("numbers", "0002_inventory"),
        ("sources", "0002_heardaddress"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalledAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=39)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="called_addresses",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["address"], name="called_address")],
                "constraints": [models.UniqueConstraint(fields=["account", "address"], name="called_account_address")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
