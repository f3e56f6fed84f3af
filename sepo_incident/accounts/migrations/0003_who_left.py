"""Who has left the municipality answers for no letters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_membership_made_by_import"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="left_on",
            field=models.DateField(blank=True, null=True, verbose_name="fratrådt"),
        ),
    ]
