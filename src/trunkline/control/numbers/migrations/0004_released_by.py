from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("numbers", "0003_searching")]

    operations = [
        migrations.AddIndex(
            "number",
            models.Index(
                condition=models.Q(("released_by__isnull", False)), fields=["released_by"], name="number_released_by"
            ),
        ),
    ]
