import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("carriers", "0001_initial"),
        ("routes", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="route",
            name="carrier",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="routes",
                to="carriers.carrier",
            ),
        ),
    ]
