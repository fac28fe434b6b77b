from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_covering")]

    operations = [
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                fields=["node", "account"], condition=models.Q(hung_up=None, refused=None), name="call_live"
            ),
        ),
    ]
