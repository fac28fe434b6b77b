from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0008_said")]

    operations = [
        migrations.AddField("attempt", "number", models.CharField(db_default="", default="", max_length=64)),
    ]
