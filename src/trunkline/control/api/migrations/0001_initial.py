import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_numbers_at_most"),
    ]

    operations = [
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=32)),
                ("network", models.CharField(max_length=43)),
                ("time", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["network", "time"], name="api_failure_network"),
                    models.Index(fields=["time"], name="api_failure_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("request", models.CharField(max_length=64)),
                ("sealed", models.BinaryField(default=bytes)),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created"], name="api_answer_created")],
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="api_answer_once")],
            },
        ),
    ]
