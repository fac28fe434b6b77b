from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Node",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63, unique=True)),
                ("instance", models.CharField(max_length=64)),
                ("region", models.CharField(max_length=63)),
                ("addresses", models.JSONField(default=list)),
                ("port", models.PositiveIntegerField(default=5060)),
                ("tls_port", models.PositiveIntegerField(default=5061)),
                ("version", models.CharField(blank=True, max_length=32)),
                ("started", models.DateTimeField(null=True)),
                ("seen", models.DateTimeField(null=True)),
                ("problems", models.JSONField(default=dict)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("load", models.FloatField(default=0)),
                ("draining", models.BooleanField(default=False)),
                ("order", models.CharField(blank=True, max_length=8)),
            ],
            options={"abstract": False},
        ),
    ]
