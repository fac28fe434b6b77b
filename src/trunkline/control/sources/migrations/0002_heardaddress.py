from collections import defaultdict
from datetime import timedelta
from itertools import batched

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Max
from django.utils import timezone

from trunkline.control.sources.heard import written

PORTION = 500


def fill(apps, schema_editor):
    """From the records of calls that there are."""
    alias = schema_editor.connection.alias
    since = timezone.now() - timedelta(days=settings.TRUNKLINE.limits.source_days)
    calls = apps.get_model("calls", "Call").objects.using(alias).filter(account__isnull=False, started__gte=since)
    last = calls.exclude(direction="inbound").values_list("account", "source").annotate(last=Max("started"))
    seen = defaultdict(lambda: since)
    for account, source, started in last.order_by().iterator(10_000):
        if address := written(source):  # several ports of one address are one
            seen[account, address] = max(seen[account, address], min(started, timezone.now()))
    heard = apps.get_model("sources", "HeardAddress")
    rows = (heard(account_id=account, address=address, seen=when) for (account, address), when in seen.items())
    for portion in batched(rows, PORTION, strict=False):
        heard.objects.using(alias).bulk_create(portion)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_numbers_at_most"), ("calls", "0006_live"), ("sources", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="HeardAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=39)),
                ("seen", models.DateTimeField(db_index=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="heard",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["address"], name="heard_address")],
                "constraints": [models.UniqueConstraint(fields=("account", "address"), name="heard_account_address")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
