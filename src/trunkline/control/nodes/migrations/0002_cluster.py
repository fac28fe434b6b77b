from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_initial")]

    operations = [
        migrations.AddField("node", "cluster", models.CharField(blank=True, db_default="", max_length=45)),
    ]
