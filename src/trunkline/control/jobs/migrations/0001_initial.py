import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_numbers_at_most"),
    ]

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=8)),
                ("number", models.CharField(max_length=15)),
                ("user", models.CharField(max_length=254)),
                ("created", models.DateTimeField()),
                ("claimed", models.DateTimeField(null=True)),
                ("node", models.CharField(default="", max_length=63)),
                ("finished", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="jobs",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["claimed", "created"], name="job_waiting"),
                    models.Index(fields=["account", "created"], name="job_account"),
                ],
            },
        ),
    ]
