import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("carriers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceNetwork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=43)),
                ("port", models.PositiveIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="accounts.account",
                    ),
                ),
                (
                    "carrier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="carriers.carrier",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["network"], name="source_network")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account__isnull", True), ("carrier__isnull", False)),
                            models.Q(("account__isnull", False), ("carrier__isnull", True)),
                            _connector="OR",
                        ),
                        name="source_has_one_owner",
                    )
                ],
            },
        ),
    ]
