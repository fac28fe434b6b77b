from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0002_media"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="callee_jitter",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="callee_lost",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="callee_mos",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="callee_packets",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="callee_round_trip",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="caller_jitter",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="caller_lost",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="caller_mos",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="caller_packets",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="call",
            name="caller_round_trip",
            field=models.FloatField(null=True),
        ),
    ]
