from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the filling: PostgreSQL makes no index on a table that the same transaction has changed."""

    dependencies = [
        ("numbers", "0002_inventory"),
    ]

    operations = [
        migrations.AddIndex("number", models.Index(fields=["account", "e164"], name="number_account")),
        migrations.AddIndex(
            "number",
            models.Index(condition=models.Q(("account", None)), fields=["country", "e164"], name="number_for_sale"),
        ),
        migrations.AddIndex(
            "number",
            models.Index(condition=models.Q(("account", None)), fields=["country", "kind", "e164"], name="number_kind"),
        ),
    ]
