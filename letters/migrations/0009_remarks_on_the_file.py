"""What is to be said of a file as a whole stands on its batch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("letters", "0008_unit_codes_and_answers")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="remarks",
            field=models.JSONField(default=list, verbose_name="bemærkninger"),
        ),
    ]
