"""Standard answers count their changes, so that the second of two tabs is told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0016_stopped_by_its_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="standardanswer",
            name="version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
