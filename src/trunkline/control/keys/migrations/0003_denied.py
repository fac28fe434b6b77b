from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("keys", "0002_scope"),
    ]

    operations = [
        migrations.AddField("key", "denied", models.DateTimeField(null=True)),
        migrations.AddField("key", "denial", models.CharField(db_default="", default="", max_length=16)),
        migrations.AddField("key", "denied_method", models.CharField(db_default="", default="", max_length=16)),
        migrations.AddField("key", "denied_source", models.CharField(db_default="", default="", max_length=64)),
    ]
