import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0001_initial"), ("accounts", "0004_place"), ("nodes", "0002_cluster")]

    operations = [
        migrations.CreateModel(
            name="Distance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=45)),
                ("known", models.CharField(max_length=10)),
                ("milliseconds", models.FloatField(null=True)),
                ("answered", models.DateTimeField(null=True)),
                ("asked", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="distances",
                        to="accounts.account",
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="distances",
                        to="nodes.node",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "distance", models.UniqueConstraint(fields=["account", "node", "address"], name="distance_one")
        ),
        migrations.AddIndex("distance", models.Index(fields=["node", "address"], name="distance_node")),
    ]
