from django.db import migrations, models


def make_the_counter(apps, schema_editor):
    apps.get_model("changes", "Counter").objects.create(id=1, sequence=0)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16)),
                ("entity_id", models.BigIntegerField()),
                ("made", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunPython(make_the_counter, migrations.RunPython.noop),
    ]
