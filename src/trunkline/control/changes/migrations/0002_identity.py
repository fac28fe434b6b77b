import uuid

from django.db import migrations, models


def give_an_identity(apps, schema_editor):
    apps.get_model("changes", "Counter").objects.filter(identity="").update(identity=uuid.uuid4().hex)


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial")]

    operations = [
        migrations.AddField("counter", "identity", models.CharField(default="", max_length=32)),
        migrations.RunPython(give_an_identity, migrations.RunPython.noop),
    ]
