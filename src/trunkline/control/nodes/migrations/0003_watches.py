from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nodes", "0002_cluster")]

    operations = [
        migrations.AddField("node", "watches", models.BooleanField(db_default=False, default=False)),
    ]
