from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0006_live")]

    operations = [
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                fields=["started"], include=["node", "account"], condition=models.Q(outcome="open"), name="call_open"
            ),
        ),
        migrations.RemoveIndex(model_name="call", name="call_live"),
    ]
