from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63, unique=True)),
                ("host", models.CharField(max_length=253, unique=True)),
                ("city", models.CharField(blank=True, max_length=80)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("region", models.CharField(max_length=63)),
                ("addresses", models.JSONField()),
                ("port", models.PositiveIntegerField(default=5060)),
                ("tls_port", models.PositiveIntegerField(default=5061)),
                ("sources", models.JSONField(default=list)),
                ("media", models.JSONField(default=list)),
                ("weight", models.PositiveIntegerField(default=10)),
                ("enabled", models.BooleanField(default=True)),
            ],
        ),
    ]
