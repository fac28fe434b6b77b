from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_srtp"),
    ]

    operations = [
        migrations.AddField("account", "numbers_at_most", models.PositiveIntegerField(default=100)),
    ]
