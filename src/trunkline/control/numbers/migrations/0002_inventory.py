from collections import defaultdict
from decimal import Decimal
from itertools import batched

import django.db.models.deletion
from django.db import migrations, models

from trunkline.control.numbers.numbering import country_and_kind

PORTION = 500  # values that every SQLite takes in one statement


def fill(apps, schema_editor):
    numbers = apps.get_model("numbers", "Number").objects.using(schema_editor.connection.alias)
    alike = defaultdict(list)
    for pk, digits in numbers.values_list("pk", "e164").iterator(10_000):
        alike[country_and_kind(digits)].append(pk)
    for (country, kind), pks in alike.items():
        for portion in batched(pks, PORTION, strict=False):
            numbers.filter(pk__in=portion).update(country=country, kind=kind)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_numbers_at_most"),
        ("numbers", "0001_initial"),
    ]

    operations = [
        migrations.AddField("number", "country", models.CharField(default="ZZ", max_length=2)),
        migrations.AddField("number", "kind", models.CharField(default="landline", max_length=18)),
        migrations.AddField(
            "number", "monthly_cost", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=10)
        ),
        migrations.AddField(
            "number",
            "released_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.account",
            ),
        ),
        migrations.AlterField(
            "number",
            "account",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="numbers",
                to="accounts.account",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
