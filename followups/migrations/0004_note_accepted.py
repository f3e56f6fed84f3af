"""What a person read and accepted when publishing a note."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0003_refused_arrivals"),
    ]

    operations = [
        migrations.AddField(
            model_name="notepublication",
            name="accepted",
            field=models.JSONField(default=list, verbose_name="ikke afklaret ved udgivelsen"),
        ),
    ]
