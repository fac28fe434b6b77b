from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0002_distance")]

    operations = [migrations.AlterField("endpoint", "host", models.CharField(max_length=253))]
