"""The incident that was drafted from an alarm of silence, and the alarm whose letters are a list."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0007_missing_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="alarm",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="letters.silencealarm",
                verbose_name="alarm",
            ),
        ),
        migrations.AddField(
            model_name="silencealarm",
            name="incident",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="silences",
                to="letters.incident",
                verbose_name="hændelse",
            ),
        ),
    ]
