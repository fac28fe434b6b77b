from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0001_initial"),
    ]

    operations = [
        migrations.AddField("key", "scope", models.CharField(db_default="manage", default="manage", max_length=6)),
    ]
