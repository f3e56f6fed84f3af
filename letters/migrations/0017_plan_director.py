"""The director of an administration, who gets a mail on the day of the deadline."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0016_breach_opinions"),
    ]

    operations = [
        migrations.AddField(
            model_name="administrationplan",
            name="director_email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="direktørens mailadresse"),
        ),
        migrations.AddField(
            model_name="administrationplan",
            name="director_name",
            field=models.CharField(blank=True, max_length=120, verbose_name="direktør"),
        ),
    ]
