from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nodes", "0003_watches")]

    operations = [
        migrations.CreateModel(
            name="Ending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(db_index=True, max_length=63)),
                ("uid", models.CharField(max_length=64)),
            ],
        ),
    ]
