from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63, unique=True)),
                ("enabled", models.BooleanField(default=True)),
                ("host", models.CharField(max_length=253)),
                ("port", models.PositiveIntegerField(default=0)),
                ("transport", models.CharField(default="udp", max_length=3)),
                ("username", models.CharField(blank=True, max_length=128)),
                ("password", models.CharField(blank=True, max_length=128)),
                ("strip", models.PositiveSmallIntegerField(default=0)),
                ("prefix", models.CharField(blank=True, max_length=16)),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
