"""A list whose columns are in doubt waits for people, and what they chose is remembered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("letters", "0013_category_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="found",
            field=models.JSONField(default=list, verbose_name="fundne lister"),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="is_to_ask",
            field=models.BooleanField(default=False, verbose_name="kolonnerne skal bekræftes"),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="sheets",
            field=models.JSONField(default=list, verbose_name="valgte ark"),
        ),
        migrations.CreateModel(
            name="RememberedColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("headers_sha256", models.CharField(max_length=64)),
                ("mapping", models.JSONField(default=list, verbose_name="kolonner")),
                ("at", models.DateTimeField(auto_now=True)),
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
                "verbose_name": "huskede kolonner",
                "verbose_name_plural": "huskede kolonner",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("headers_sha256",),
                        name="columns_remembered_once",
                        violation_error_message="Kolonnerne er allerede husket.",
                    )
                ],
            },
        ),
    ]
