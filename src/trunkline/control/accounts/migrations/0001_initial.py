from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63, unique=True)),
                ("enabled", models.BooleanField(default=True)),
                ("caller_id", models.CharField(default="any", max_length=8)),
                ("calls_per_second", models.PositiveIntegerField(default=10)),
                ("calls_at_once", models.PositiveIntegerField(default=100)),
                ("destinations", models.JSONField(default=list)),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
