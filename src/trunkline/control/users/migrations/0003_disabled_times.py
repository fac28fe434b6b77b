from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0002_second_factor"),
    ]

    operations = [
        migrations.AddField("user", "disabled_times", models.PositiveIntegerField(db_default=0, default=0)),
    ]
