from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.AddField("account", "srtp", models.CharField(default="accepted", max_length=8))]
