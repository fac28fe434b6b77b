from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_numbers_at_most")]

    operations = [
        migrations.AddField("account", "latitude", models.FloatField(null=True)),
        migrations.AddField("account", "longitude", models.FloatField(null=True)),
    ]
