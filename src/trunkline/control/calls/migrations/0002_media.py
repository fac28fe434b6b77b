from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_initial")]

    operations = [
        migrations.AddField("call", "media", models.CharField(default="", max_length=8)),
        migrations.AddField("attempt", "media", models.CharField(default="", max_length=8)),
    ]
