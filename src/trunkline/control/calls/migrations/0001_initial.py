import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=64)),
                ("node", models.CharField(max_length=63)),
                ("direction", models.CharField(max_length=8)),
                ("outcome", models.CharField(default="open", max_length=9)),
                ("key", models.CharField(max_length=32)),
                ("carrier", models.CharField(max_length=63)),
                ("caller", models.CharField(max_length=64)),
                ("called", models.CharField(max_length=64)),
                ("source", models.CharField(max_length=64)),
                ("call_id", models.CharField(max_length=255)),
                ("started", models.DateTimeField()),
                ("ringing", models.DateTimeField(null=True)),
                ("answered", models.DateTimeField(null=True)),
                ("refused", models.DateTimeField(null=True)),
                ("code", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.CharField(max_length=255)),
                ("warning", models.CharField(max_length=255)),
                ("hung_up", models.DateTimeField(null=True)),
                ("hung_up_by", models.CharField(max_length=16)),
                ("hung_up_reason", models.CharField(max_length=255)),
                ("duration", models.FloatField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="accounts.account",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls_received",
                        to="accounts.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("target", models.CharField(max_length=255)),
                ("address", models.CharField(max_length=64)),
                ("started", models.DateTimeField(null=True)),
                ("ringing", models.DateTimeField(null=True)),
                ("ended", models.DateTimeField(null=True)),
                ("code", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.CharField(max_length=255)),
                ("cause", models.CharField(max_length=16)),
                (
                    "call",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="calls.call",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="JournalPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=63)),
                ("file", models.CharField(max_length=128)),
                ("position", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("node", "file"), name="journal_position_file")],
            },
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["started"], name="call_started"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["account", "started"], name="call_account"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["owner", "started"], name="call_owner"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["caller", "started"], name="call_caller"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["called", "started"], name="call_called"),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.UniqueConstraint(fields=("uid",), name="call_uid"),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("call", "n"), name="attempt_call_n"),
        ),
    ]
