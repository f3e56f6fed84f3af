from django.db import migrations, models


class Migration(migrations.Migration):
    """Who gave the roles that are there already is not known, so no list takes them away."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            "membership", "made_by_import", models.BooleanField(default=False, verbose_name="givet af en liste")
        ),
    ]
