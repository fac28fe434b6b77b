import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0003_disabled_times"),
    ]

    operations = [
        migrations.CreateModel(
            "Letter",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("time", models.DateTimeField()),
                ("fault", models.CharField(blank=True, max_length=8)),
                ("said", models.CharField(blank=True, max_length=255)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letter", to="users.user"
                    ),
                ),
            ],
        ),
    ]
