"""Whether a letter has arrived is derived from what is said of it (``followups.Arrival``), and stored in no second place."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0025_chained"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="letter",
            name="arrived_at",
        ),
    ]
