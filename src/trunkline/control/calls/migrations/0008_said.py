from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0007_open")]

    operations = [
        migrations.AddField("attempt", "said", models.CharField(db_default="", default="", max_length=255)),
        migrations.AddField("call", "far_call_id", models.CharField(db_default="", default="", max_length=342)),
    ]
