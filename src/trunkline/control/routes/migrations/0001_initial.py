import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("carriers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Route",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(blank=True, max_length=15)),
                ("priority", models.PositiveIntegerField()),
                ("weight", models.PositiveIntegerField()),
                (
                    "carrier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="routes", to="carriers.carrier"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("prefix", "carrier"), name="route_prefix_carrier")],
            },
        ),
    ]
