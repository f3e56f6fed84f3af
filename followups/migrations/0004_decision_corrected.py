"""A confirmed decision may be corrected."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0003_consequences_handled"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_kind_known",
        ),
        migrations.AlterField(
            model_name="decision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DECIDED", "besluttede"),
                    ("UNDONE", "fortrød beslutningen"),
                    ("DONE", "skrev, at brevet er sendt"),
                    ("HANDLED", "skrev om følgerne"),
                    ("CONFIRMED", "bekræftede"),
                    ("CORRECTED", "rettede en bekræftet beslutning"),
                    ("HELP_ASKED", "bad om hjælp"),
                    ("HELP_ANSWERED", "svarede"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "DECIDED",
                            "UNDONE",
                            "DONE",
                            "HANDLED",
                            "CONFIRMED",
                            "CORRECTED",
                            "HELP_ASKED",
                            "HELP_ANSWERED",
                        ],
                    )
                ),
                name="decision_kind_known",
                violation_error_message="Den slags hændelse findes ikke.",
            ),
        ),
    ]
