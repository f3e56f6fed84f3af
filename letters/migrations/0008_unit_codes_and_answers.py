"""A row may have its unit's code, and people answer what an unknown name is."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0007_letter_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "importrow", "unit_code", models.CharField(blank=True, max_length=40, verbose_name="enhedskode")
        ),
        migrations.CreateModel(
            name="UnitAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "above",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), verbose_name="ligger under"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="navn på listen")),
                ("means", models.CharField(blank=True, max_length=200, verbose_name="er den samme som")),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unit_answers",
                        to="letters.importbatch",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "svar om ny enhed",
                "verbose_name_plural": "svar om nye enheder",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("batch"),
                        models.F("above"),
                        django.db.models.functions.text.Lower("name"),
                        name="unit_answered_once",
                        violation_error_message="Der er allerede svaret på det navn.",
                    )
                ],
            },
        ),
    ]
