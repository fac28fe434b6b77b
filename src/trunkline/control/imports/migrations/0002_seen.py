from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_initial"),
    ]

    operations = [
        migrations.AddField("import", "seen", models.CharField(db_default="", default="", max_length=64)),
    ]
