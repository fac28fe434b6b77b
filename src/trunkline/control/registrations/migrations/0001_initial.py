import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("keys", "0003_denied"),
    ]

    operations = [
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=63)),
                ("source", models.CharField(max_length=64)),
                ("user_agent", models.CharField(max_length=255)),
                ("since", models.DateTimeField()),
                ("refreshed", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ended", models.BooleanField(default=False)),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registrations",
                        to="keys.key",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["node", "until"], name="registration_node")],
                "constraints": [models.UniqueConstraint(fields=("key", "node"), name="registration_one")],
            },
        ),
    ]
